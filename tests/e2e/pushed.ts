import type { Worker } from 'playwright';
import type { PushPeer } from '../support/push-peer.ts';
import type { Person } from './people.ts';

export type Target = ReturnType<PushPeer['subscribe']>;

/** The page's side of `subscribeAt`. */
interface PushPage {
  subscribeAtPeer(publicKey: string): Promise<Target>;
}

/**
 * Test browsers cannot subscribe: theirs are private windows, and no push service is in reach. This person's pages get
 * their subscription of `peer` instead, and keep it as a browser does; all else of it is the browser's own.
 */
export async function subscribeAt(
  peer: PushPeer,
  { context }: Person,
  subscribed: (publicKey: string, target: Target) => void
): Promise<void> {
  await context.exposeFunction('subscribeAtPeer', (publicKey: string) => {
    const target = peer.subscribe();
    subscribed(publicKey, target);
    return target;
  });
  await context.addInitScript(() => {
    const place = 'subscription';
    const made = ({ endpoint, p256dh, auth }: Target) =>
      ({
        endpoint,
        toJSON: () => ({ endpoint, keys: { p256dh, auth } }),
        unsubscribe: () => {
          localStorage.removeItem(place);
          return Promise.resolve(true);
        }
      }) as unknown as PushSubscription;
    PushManager.prototype.getSubscription = () => {
      const kept = localStorage.getItem(place);
      return Promise.resolve(kept === null ? null : made(JSON.parse(kept) as Target));
    };
    PushManager.prototype.subscribe = async (options) => {
      const target = await (globalThis as unknown as PushPage).subscribeAtPeer(
        options?.applicationServerKey as string
      );
      localStorage.setItem(place, JSON.stringify(target));
      return made(target);
    };
  });
}

/** Hands a message, opened as a browser opens it, to the service worker of `origin`, as the browser does. */
export async function deliver({ context, page }: Person, origin: string, data: string): Promise<void> {
  const browser = await context.newCDPSession(page);
  // One that is still being installed drops what it is handed.
  const activated = new Promise<string>((done) => {
    let registrationId: string | undefined;
    const active = new Set<string>();
    const look = () => {
      if (registrationId !== undefined && active.has(registrationId)) done(registrationId);
    };
    browser.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const own = registrations.find(({ scopeURL, isDeleted }) => scopeURL === `${origin}/` && !isDeleted);
      registrationId = own?.registrationId ?? registrationId;
      look();
    });
    browser.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
      for (const { registrationId: of, status } of versions) if (status === 'activated') active.add(of);
      look();
    });
  });
  await browser.send('ServiceWorker.enable');
  const registrationId = await activated;
  // Answers at once: whoever delivers waits for what is shown.
  await browser.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data });
  await browser.detach();
}

export interface Shown {
  title: string;
  body: string;
  tag: string;
  path: string;
  actions: number;
  requireInteraction: boolean;
  renotify: boolean;
  /** How many times it shakes and rests. */
  vibrate: number;
}

/** What this person's device shows now, in the order in which it came. */
export async function shownBy(person: Person): Promise<Shown[]> {
  return (await workerOf(person)).evaluate(async () => {
    const { registration } = globalThis as unknown as ServiceWorkerGlobalScope;
    const all = (await registration.getNotifications()) as (Notification & {
      actions: readonly unknown[];
      renotify: boolean;
      vibrate: readonly number[];
      timestamp: number;
    })[];
    return all
      .sort((a, b) => a.timestamp - b.timestamp)
      .map(({ title, body, tag, data, actions, requireInteraction, renotify, vibrate }) => ({
        ...{ title, body, tag, path: (data as { path: string }).path, actions: actions.length },
        ...{ requireInteraction, renotify, vibrate: vibrate.length }
      }));
  });
}

/**
 * A touch of what is shown under `tag`. A touch made by a program gives the worker no right to open or focus windows, so
 * that it would is written down instead.
 */
export async function clickOn(
  person: Person,
  tag: string
): Promise<({ opened: string } | { focused: string })[]> {
  return (await workerOf(person)).evaluate(async (tag) => {
    const worker = globalThis as unknown as ServiceWorkerGlobalScope;
    const did: ({ opened: string } | { focused: string })[] = [];
    worker.clients.openWindow = (url) => {
      did.push({ opened: String(url) });
      return Promise.resolve(null);
    };
    WindowClient.prototype.focus = function () {
      did.push({ focused: this.url });
      return Promise.resolve(this);
    };
    const [notification] = await worker.registration.getNotifications({ tag });
    if (!notification) throw new Error(`nothing is shown under ${tag}`);
    const event = new NotificationEvent('notificationclick', { notification });
    let work: Promise<unknown> | undefined;
    event.waitUntil = (promise) => void (work = promise);
    worker.dispatchEvent(event);
    await work;
    return did;
  }, tag);
}

/**
 * The browser ends this person's subscription by itself, as push services make it do: the worker is told, subscribes anew
 * and is given `target`. @returns the key it subscribed with, base64url; null where it gave the new one up again
 */
export async function changeSubscription(
  person: Person,
  former: Target & { publicKey: string },
  target: Target
): Promise<string | null> {
  return (await workerOf(person)).evaluate(
    async ({ former, target }) => {
      const worker = globalThis as unknown as ServiceWorkerGlobalScope;
      let used: string | null = null;
      const json = ({ endpoint, ...keys }: Target) => ({ endpoint, keys });
      PushManager.prototype.subscribe = (options) => {
        used = options?.applicationServerKey as string;
        return Promise.resolve({
          toJSON: () => json(target),
          unsubscribe: () => {
            used = null;
            return Promise.resolve(true);
          }
        } as unknown as PushSubscription);
      };
      const event = new ExtendableEvent('pushsubscriptionchange');
      const { publicKey, ...old } = former;
      Object.assign(event, {
        oldSubscription: { options: { applicationServerKey: publicKey }, toJSON: () => json(old) },
        newSubscription: null
      });
      let work: Promise<unknown> | undefined;
      event.waitUntil = (promise) => void (work = promise);
      worker.dispatchEvent(event);
      await work;
      return used;
    },
    { former, target }
  );
}

/** It sleeps while there is nothing to do; then the browser wakes it. */
async function workerOf({ context }: Person): Promise<Worker> {
  const [running] = context.serviceWorkers();
  return running ?? (await context.waitForEvent('serviceworker'));
}
