import { api } from '../api.ts';
import type { NotificationView } from './shell.ts';

const listUrl = '/api/notifications';
const keepAtMost = 50;

/** The bell's list: fetched with the page, kept up to date by the event stream. */
export class Notifications {
  items = $state<NotificationView[]>([]);
  state = $state<'idle' | 'loading' | 'ready' | 'failed'>('idle');

  get unread(): number {
    return this.items.filter((one) => !one.read).length;
  }

  async load(): Promise<void> {
    if (this.state !== 'ready') this.state = 'loading';
    try {
      this.items = await api<NotificationView[]>('GET', listUrl);
      this.state = 'ready';
    } catch {
      // A list that was there stays; a first one that fails is offered again in the panel.
      if (this.state === 'loading') this.state = 'failed';
    }
  }

  /** One arrived. False when it is already known (the stream repeats after a reconnection). */
  add(one: NotificationView): boolean {
    if (this.items.some((known) => known.id === one.id)) return false;
    this.items = [one, ...this.items].slice(0, keepAtMost);
    return true;
  }

  /** Marks as read here at once and on the server; taken back when the server could not be told. */
  async markRead(ids: readonly string[]): Promise<void> {
    const before = this.items;
    this.items = before.map((one) => (ids.includes(one.id) ? { ...one, read: true } : one));
    try {
      await api('POST', listUrl, { read: ids });
    } catch {
      this.items = before;
    }
  }
}

export function isNotification(value: unknown): value is NotificationView {
  return typeof value === 'object' && value !== null && 'id' in value && 'title' in value && 'at' in value;
}
