import { Rate } from './rate.ts';

export interface KnockLimits {
  /** Sockets one address may ask for a second, for long; the burst is four seconds' worth. */
  knocksASecond: number;
  /** Sockets of one address, and of all, whose right is being looked up. */
  waitingAnAddress: number;
  waiting: number;
}

interface Caller {
  rate: Rate;
  waiting: number;
  lastMs: number;
}

/** An address that has not knocked for this long is forgotten; by then its rate is whole again. */
const forgetAfterMs = 10_000;
/** Addresses that are looked at for being forgotten at each knock, so that no knock pays for all. */
const lookAtOnce = 2;

/** Who asks for sockets and has not been let in yet, by network address: refused before it costs anything. */
export class Knocks {
  readonly #limits: KnockLimits;
  /** Oldest knock first. */
  readonly #callers = new Map<string, Caller>();
  #waiting = 0;

  constructor(limits: KnockLimits) {
    this.#limits = limits;
  }

  /** @returns null where it is too many; else what to call, once, when the right is known or the socket is gone */
  admit(address: string, nowMs: number): (() => void) | null {
    this.#forget(nowMs);
    const key = networkOf(address);
    const caller = this.#callers.get(key) ?? {
      rate: new Rate(this.#limits.knocksASecond, nowMs),
      waiting: 0,
      lastMs: 0
    };
    this.#callers.delete(key);
    this.#callers.set(key, caller);
    caller.lastMs = nowMs;
    if (caller.waiting >= this.#limits.waitingAnAddress || this.#waiting >= this.#limits.waiting) return null;
    if (!caller.rate.tryTake(1, nowMs)) return null;
    caller.waiting++;
    this.#waiting++;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      caller.waiting--;
      this.#waiting--;
    };
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Addresses kept in memory. */
  get remembered(): number {
    return this.#callers.size;
  }

  #forget(nowMs: number): void {
    let left = lookAtOnce;
    for (const [key, caller] of this.#callers) {
      if (left-- === 0 || nowMs - caller.lastMs < forgetAfterMs) return;
      if (caller.waiting === 0) this.#callers.delete(key);
    }
  }
}

/** An IPv4 address, or the /64 of an IPv6 address, which is what one customer is given. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('%')[0]!.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length);
  return [...groups, ...Array<string>(missing).fill('0'), ...after].slice(0, 4).join(':');
}
