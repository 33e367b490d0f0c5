"""What a page shows, one function for each part. Compose them, or copy one and change it."""

from .active_sessions import active_session, active_sessions
from .auth_forms import sign_in, sign_in_button, sign_up
from .buttons import link_button, needs_connection
from .change_password import change_password
from .delete_account import delete_account
from .manage_accounts import manage_account, manage_accounts
from .menu import menu_link
from .profile import profile
from .security_activity import security_activity
from .signed_in import reset_per_account, signed_in_only
from .switch_account import switch_account_submenu, switch_account_submenu_content, switch_account_submenu_item
from .user_button import user_button
from .user_view import user_avatar, user_view
from .watch import refresh_with_accounts

__all__ = [
    "active_session",
    "active_sessions",
    "change_password",
    "delete_account",
    "link_button",
    "manage_account",
    "manage_accounts",
    "menu_link",
    "needs_connection",
    "profile",
    "refresh_with_accounts",
    "reset_per_account",
    "security_activity",
    "sign_in",
    "sign_in_button",
    "sign_up",
    "signed_in_only",
    "switch_account_submenu",
    "switch_account_submenu_content",
    "switch_account_submenu_item",
    "user_avatar",
    "user_button",
    "user_view",
]
