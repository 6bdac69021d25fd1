import { api } from '#lib/ui/api.ts';
import { getLocale } from '#lib/paraglide/runtime.js';
import type { PushView } from './push.server.ts';

/** Why this browser cannot be called while it is closed. */
export type PushObstacle = 'no-https' | 'ios' | 'no-browser' | 'denied' | 'no-site';

/** [NO-24] What stands in the way here; null: nothing. */
export function pushObstacle(site: { publicKey: string | null }): PushObstacle | null {
  if (!globalThis.isSecureContext) return 'no-https';
  if (!('serviceWorker' in navigator) || !('PushManager' in globalThis) || !('Notification' in globalThis))
    return isApple() ? 'ios' : 'no-browser';
  if (site.publicKey === null) return 'no-site';
  return Notification.permission === 'denied' ? 'denied' : null;
}

/** iPhones and iPads let only what is on the home screen be called; an iPad calls itself a Mac. */
function isApple(): boolean {
  return (
    /iPhone|iPad/.test(navigator.userAgent) ||
    (/Mac/.test(navigator.userAgent) && navigator.maxTouchPoints > 1)
  );
}

/** This browser's part in calls to a closed device. */
export class PushDevice {
  /** Null: not asked yet, or the server cannot be reached. */
  view = $state.raw<PushView | null>(null);
  obstacle = $state<PushObstacle | null>(null);

  /** Where it stands. Switches nothing on; a device that is called stays so under the session of now. */
  async look(): Promise<void> {
    const subscription = await (await registered())?.pushManager.getSubscription();
    const endpoint = subscription?.endpoint ?? null;
    this.#take(await api<PushView>('PUT', '/api/push', { endpoint, locale: getLocale() }));
  }

  /** Within a touch: the browser asks the person. @throws ApiError */
  async turnOn(): Promise<void> {
    const key = this.view?.publicKey;
    if (!key) return;
    if ((await Notification.requestPermission()) !== 'granted') {
      this.obstacle = this.view && pushObstacle(this.view);
      return;
    }
    await navigator.serviceWorker.register('/service-worker.js', { type: 'module' });
    const worker = await navigator.serviceWorker.ready;
    const former = await worker.pushManager.getSubscription();
    // Of another site's key, or another person's: begun anew.
    await former?.unsubscribe();
    const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    const { endpoint, keys } = made.toJSON();
    try {
      const target = { endpoint, p256dh: keys?.['p256dh'], auth: keys?.['auth'] };
      this.#take(await api<PushView>('POST', '/api/push', { ...target, locale: getLocale() }));
    } catch (error) {
      await made.unsubscribe();
      throw error;
    }
  }

  async turnOff(): Promise<void> {
    const subscription = await (await registered())?.pushManager.getSubscription();
    if (subscription) {
      await api('DELETE', '/api/push', { which: 'here', endpoint: subscription.endpoint });
      await subscription.unsubscribe();
    }
    await this.look();
  }

  async turnOffOthers(): Promise<void> {
    const subscription = await (await registered())?.pushManager.getSubscription();
    await api('DELETE', '/api/push', { which: 'others', endpoint: subscription?.endpoint ?? null });
    await this.look();
  }

  #take(view: PushView): void {
    this.view = view;
    this.obstacle = pushObstacle(view);
  }
}

async function registered(): Promise<ServiceWorkerRegistration | undefined> {
  if (!('serviceWorker' in navigator)) return undefined;
  return navigator.serviceWorker.getRegistration('/');
}

/** [NO-20] On opening the app: a device that is called stays so under the session of now. */
export async function keepPushed(): Promise<void> {
  if (await registered()) await new PushDevice().look();
}

/** This browser could be called, and is not. */
export async function canOfferPush(): Promise<boolean> {
  if (pushObstacle({ publicKey: '' }) !== null) return false;
  return !(await (await registered())?.pushManager.getSubscription());
}
