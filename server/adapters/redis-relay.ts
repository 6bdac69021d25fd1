import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { createClient } from '@redis/client';
import type { Logger } from '#lib/kernel/ports.ts';
import { newId } from '#lib/kernel/ids.ts';
import type { Relay, RelayChannel } from '../collab/relay.ts';

type Listener = (message: Uint8Array, from: string) => void;

const prefix = 'consilium:';
const ivBytes = 12;
const tagBytes = 16;
const connectWithinMs = 3_000;
/** A Redis that hangs must not hold up who opens a document; they hear of the others once it is back. */
const subscribeWithinMs = 1_000;
/** Publishes not answered yet. Beyond, Redis hangs, and what is lost is made up for when it is back. */
const waitingMessages = 10_000;
const reconnectMaxMs = 1_000;

/**
 * Messages between nodes over Redis' publish and subscribe. They are sealed (AES-256-GCM, bound to their channel)
 * under a key derived from `secret`, the same on all nodes: Redis, and whoever else reaches it, can neither read what
 * is drawn nor say anything in a node's name.
 */
export function createRedisRelay(options: { url: string; secret: Buffer; log: Logger }): Relay {
  const { url, secret, log } = options;
  const node = newId();
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'consilium relay', 32));
  const connection = (name: string) => {
    const client = createClient({
      url,
      name: `consilium-${name}`,
      disableOfflineQueue: true,
      commandsQueueMaxLength: waitingMessages,
      socket: {
        connectTimeout: connectWithinMs,
        reconnectStrategy: (retries) => Math.min(50 * 2 ** Math.min(retries, 10), reconnectMaxMs)
      }
    });
    let said = false;
    client.on('ready', () => (said = false));
    client.on('error', (error: Error) => {
      if (!said) log.warn({ name, error: error.name }, 'no connection to Redis');
      said = true;
    });
    // Rejects only once it is closed before it was ever open.
    client.connect().catch(() => undefined);
    return client;
  };
  const publisher = connection('publisher');
  const subscriber = connection('subscriber');
  /** Subscribed, or to be subscribed when there is a connection. */
  const wanted = new Map<string, { listeners: Set<Listener>; subscribed: Promise<void> }>();
  const resumed = new Set<() => void>();

  const receive = (sealed: Buffer, name: Buffer): void => {
    const channel = name.toString().slice(prefix.length);
    const opened = unseal(key, channel, sealed);
    if (!opened)
      return log.warn({ channel, length: sealed.length }, 'message on the relay is not of this site');
    const from = opened.subarray(0, node.length).toString();
    for (const listener of wanted.get(channel)?.listeners ?? []) listener(opened.subarray(node.length), from);
  };

  async function subscribe(channel: string): Promise<void> {
    if (!subscriber.isReady) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, subscribeWithinMs)));
    // One that fails for a broken connection is made up for when it is ready again.
    await Promise.race([subscriber.subscribe(prefix + channel, receive, true).catch(() => undefined), late]);
    clearTimeout(timer);
  }

  subscriber.on('ready', () => {
    const all = [...wanted.keys()].map(subscribe);
    void Promise.all(all).then(() => resumed.forEach((listener) => listener()));
  });
  publisher.on('ready', () => resumed.forEach((listener) => listener()));

  return {
    node,
    onResumed: (listener) => void resumed.add(listener),
    async open(channel, listener) {
      const entry = wanted.get(channel) ?? { listeners: new Set(), subscribed: Promise.resolve() };
      entry.listeners.add(listener);
      if (!wanted.has(channel)) {
        wanted.set(channel, entry);
        entry.subscribed = subscribe(channel);
      }
      await entry.subscribed;
      return {
        publish(message) {
          if (!publisher.isReady) return;
          const sealed = seal(key, channel, Buffer.concat([Buffer.from(node), message]));
          // The news of a broken connection; what was lost is made up for when it is back.
          publisher.publish(prefix + channel, sealed).catch(() => undefined);
        },
        close() {
          if (!entry.listeners.delete(listener) || entry.listeners.size > 0) return;
          wanted.delete(channel);
          if (subscriber.isReady)
            subscriber.unsubscribe(prefix + channel, receive, true).catch(() => undefined);
        }
      } satisfies RelayChannel;
    },
    async close() {
      wanted.clear();
      // What was said last (that this node goes) still goes out.
      await Promise.race([publisher.isReady ? publisher.ping().catch(() => undefined) : null, pause(500)]);
      for (const client of [publisher, subscriber]) if (client.isOpen) client.destroy();
    }
  };
}

/** What answers at `url`. @throws where nothing does, or it does not let us in */
export async function redisVersion(url: string): Promise<string> {
  const client = createClient({ url, socket: { connectTimeout: connectWithinMs, reconnectStrategy: false } });
  client.on('error', () => {
    // `connect` rejects with it.
  });
  try {
    await client.connect();
    const info = await client.info('server');
    return `Redis ${/redis_version:(\S+)/.exec(info)?.[1] ?? ''}`;
  } finally {
    if (client.isOpen) client.destroy();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

function seal(key: Buffer, channel: string, message: Buffer): Buffer {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(channel));
  const sealed = Buffer.concat([cipher.update(message), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

/** Null where it was not sealed with our key for this channel. */
function unseal(key: Buffer, channel: string, sealed: Buffer): Buffer | null {
  if (sealed.length < ivBytes + tagBytes) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, ivBytes))
    .setAAD(Buffer.from(channel))
    .setAuthTag(sealed.subarray(ivBytes, ivBytes + tagBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(ivBytes + tagBytes)), decipher.final()]);
  } catch {
    // Another site's key, or nobody's.
    return null;
  }
}
