/// <reference lib="webworker" />
/**
 * [NO-20] Shows what a closed device is called for. It keeps nothing and answers no request of a page: the app is always
 * as the server has it.
 */
import { placeHeader } from '#lib/kernel/place.ts';

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

self.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(renew(event)));

/**
 * [NO-25] The browser has ended its subscription and perhaps made another. The server is told, which knows this browser by
 * the secret of the former one, or else by the session of now; where it will have none of it nobody could ever call, and
 * the new one goes.
 */
async function renew({ oldSubscription, newSubscription }: PushSubscriptionChangeEvent): Promise<void> {
  const made = newSubscription ?? (await subscribe(oldSubscription));
  if (!made) return;
  const { endpoint, keys } = made.toJSON();
  const old = oldSubscription?.toJSON();
  const secret = old?.keys?.['auth'];
  const former = old && secret ? { endpoint: old.endpoint, auth: secret } : null;
  const target = { endpoint, p256dh: keys?.['p256dh'], auth: keys?.['auth'] };
  // By its secret it needs no session, and does not keep one awake that nobody is at.
  const answer = await ask('PATCH', { ...target, former }, former ? 'omit' : 'same-origin');
  if (!answer.ok) await made.unsubscribe();
}

/** With the key that the former one had, or what the server says; null: not signed in, or none is set up. */
async function subscribe(former: PushSubscription | null): Promise<PushSubscription | null> {
  const applicationServerKey = former?.options.applicationServerKey ?? (await siteKey());
  if (!applicationServerKey) return null;
  return self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
}

async function siteKey(): Promise<string | null> {
  const answer = await ask('PUT', { endpoint: null, locale: 'zh-CN' }, 'same-origin');
  return answer.ok ? ((await answer.json()) as { publicKey: string | null }).publicKey : null;
}

/** Tried again where the line is down, for as long as browsers let a worker go on. */
async function ask(
  method: 'PUT' | 'PATCH',
  body: object,
  credentials: RequestCredentials
): Promise<Response> {
  let place: string | null = null;
  for (const pauseMs of [0, 1_000, 5_000, 15_000]) {
    await new Promise((done) => setTimeout(done, pauseMs));
    try {
      const headers: HeadersInit = {
        'content-type': 'application/json',
        ...(place ? { [placeHeader]: place } : {})
      };
      const answer: Response = await fetch('/api/push', {
        method,
        credentials,
        headers,
        body: JSON.stringify(body)
      });
      // Whoever works in several organisations must say in which: where they stand now.
      place = answer.status === 409 && place === null ? answer.headers.get(placeHeader) : null;
      if (answer.status < 500 && place === null) return answer;
    } catch {
      // Not reached.
    }
  }
  return Response.error();
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
