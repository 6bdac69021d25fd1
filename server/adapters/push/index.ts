import { request } from 'node:https';
import type { Clock } from '#lib/kernel/clock.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { PushSender } from '#lib/kernel/ports.ts';
import { encryptPush } from './encrypt.ts';
import { publicLookup, pushHost } from './hosts.ts';
import { vapidFrom } from './vapid.ts';

export interface PushSettings {
  /** `mailto:…` or `https://…`, for push services that have a question. */
  contact: string;
  /** Push services beside those of the known browsers: `host` or `host:port`. */
  hosts: readonly string[];
}

const withinMs = 10_000;
/** Every message is filled up to this. */
const messageBytes = 512;
const gone = new Set([404, 410]);

/** Nobody is called where no push is configured. */
export const noPush: PushSender = {
  publicKey: null,
  accepts: () => false,
  send: () => Promise.reject(fail('push_unreachable'))
};

/** @param ca PEM of who vouches for push services of one's own; default: the system's */
export function createPush(options: {
  settings: PushSettings;
  secret: Uint8Array;
  clock: Clock;
  ca?: string;
}): PushSender {
  const { settings, clock, ca } = options;
  const vapid = vapidFrom(options.secret, settings.contact);
  return {
    publicKey: vapid.publicKey,
    accepts: (endpoint) => pushHost(endpoint, settings.hosts) !== null,
    async send({ endpoint, ...keys }, message, { ttlSeconds, topic }) {
      const host = pushHost(endpoint, settings.hosts);
      if (!host) throw fail('push_unreachable');
      const url = new URL(endpoint);
      const body = encryptPush(Buffer.from(message), keys, { padTo: messageBytes });
      const headers = {
        ...{ authorization: vapid.authorise(url, clock.now()), 'content-encoding': 'aes128gcm' },
        ...{ 'content-type': 'application/octet-stream', 'content-length': body.length },
        ...{ ttl: ttlSeconds, urgency: 'high', topic }
      };
      const asked = { method: 'POST', headers, timeout: withinMs, agent: false as const };
      const status = await post(url, body, {
        ...asked,
        ...(host === 'known' ? { lookup: publicLookup } : {}),
        ...(ca ? { ca } : {})
      });
      if (gone.has(status)) return 'gone';
      if (status < 200 || status > 299) throw fail('push_unreachable', { status });
      return 'sent';
    }
  };
}

/** Redirects are not followed; what is answered beside the status is nobody's business. */
async function post(url: URL, body: Buffer, options: Parameters<typeof request>[1]): Promise<number> {
  try {
    return await new Promise<number>((resolve, reject) => {
      const sent = request(url, options, (answer) => {
        answer.destroy();
        resolve(answer.statusCode ?? 0);
      });
      const late = setTimeout(() => sent.destroy(new Error('late')), withinMs);
      sent.on('timeout', () => sent.destroy(new Error('late')));
      sent.on('close', () => clearTimeout(late));
      sent.on('error', reject);
      sent.end(body);
    });
  } catch (error) {
    throw fail('push_unreachable', {}, error);
  }
}
