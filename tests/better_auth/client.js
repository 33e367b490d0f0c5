// Better Auth's own client, driven line by line: a JSON line in is a call, a JSON line out is what the client returned.
// What a browser would add is added here: a cookie jar and the Origin of a page of the app.
import { createInterface } from "node:readline";
import { createAuthClient } from "better-auth/client";
import { multiSessionClient } from "better-auth/client/plugins";

const origin = process.argv[2];
const jar = new Map();

// Our additions: the client takes a call without fields for a GET unless it is told.
const ours = {
  id: "multi-session-for-reflex",
  pathMethods: {
    "/multi-session/revoke-others": "POST",
    "/multi-session/revoke-all": "POST",
    "/multi-session/forget": "POST",
    "/reauthenticate": "POST",
  },
};

async function fetchAsBrowser(input, init) {
  const request = new Request(input, init);
  const headers = new Headers(request.headers);
  if (jar.size) headers.set("Cookie", [...jar].map((pair) => pair.join("=")).join("; "));
  if (request.method !== "GET") headers.set("Origin", origin);
  const answer = await fetch(new Request(request, { headers }));
  for (const line of answer.headers.getSetCookie()) {
    const [, name, value, rest] = /^([^=]+)=([^;]*)(.*)$/.exec(line);
    if (/;\s*max-age=0/i.test(rest)) jar.delete(name);
    else jar.set(name, value);
  }
  return answer;
}

const client = createAuthClient({
  baseURL: origin,
  plugins: [multiSessionClient(), ours],
  fetchOptions: { customFetchImpl: fetchAsBrowser },
});

// The client makes Dates of times; as numbers they show what it made.
function plain(value) {
  if (value instanceof Date) return { date: value.getTime() };
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  }
  return value;
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, args, cookies } = JSON.parse(line);
  for (const [name, value] of Object.entries(cookies ?? {})) jar.set(name, value);
  const answer = call ? await call.split(".").reduce((at, name) => at[name], client)(...args) : null;
  console.log(JSON.stringify({ answer: plain(answer), cookies: Object.fromEntries(jar) }));
}
