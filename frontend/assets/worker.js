// Keeps the page of visits on the phone, so that it opens without a network: the page, its style
// sheet, script and icon. What the APIs answer and what was written never comes here.
// The build puts SHELL, their addresses, and NAME, which changes with them, before this.

self.addEventListener("install", (event) => {
  self.skipWaiting(); // an open page goes on with the script it has; what was written is elsewhere
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(SHELL)));
});

self.addEventListener("activate", (event) => {
  const others = (names) => names.filter((name) => name !== NAME).map((name) => caches.delete(name));
  event.waitUntil(caches.keys().then((names) => Promise.all(others(names))).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin || SHELL.indexOf(pathname) < 0) return;
  event.respondWith(
    caches.open(NAME).then((cache) => cache.match(pathname)).then((kept) => kept || fetch(event.request))
  );
});
