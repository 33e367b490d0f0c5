"""What tests share: real servers and browsers, people, devices and clocks, and readers of papers."""
