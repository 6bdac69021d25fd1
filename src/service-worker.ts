/// <reference lib="webworker" />
/**
 * [NO-20] Shows what a closed device is called for. It keeps nothing and answers no request of a page: the app is always
 * as the server has it.
 */
export {};
const self = globalThis as unknown as ServiceWorkerGlobalScope;

interface Message {
  title: string;
  body: string;
  path: string;
  rings: boolean;
  tag: string;
}

self.addEventListener('install', () => void self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('push', (event) => {
  const message = event.data?.json() as Message | undefined;
  if (message) event.waitUntil(show(message));
});

async function show({ title, body, path, rings, tag }: Message): Promise<void> {
  await self.registration.showNotification(title, {
    ...{ body, tag, icon: '/icon-192.png', badge: '/icon-192.png', data: { path } },
    ...(rings ? { requireInteraction: true, renotify: true, vibrate: [400, 200, 400, 200, 800] } : {})
  } as NotificationOptions);
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { path } = (event.notification.data ?? {}) as { path?: string };
  event.waitUntil(open(new URL(path ?? '/', self.location.origin)));
});

/** A window of the app that is open already is used, but none in which a call may go on is led away from it. */
async function open(to: URL): Promise<void> {
  if (to.origin !== self.location.origin) return;
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const there = windows.find(({ url }) => new URL(url).pathname === to.pathname);
  if (there) await there.focus();
  else await self.clients.openWindow(to.href);
}
