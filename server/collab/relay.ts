/**
 * What carries messages between the nodes of one site. A message arrives at most once, in no promised order, and not
 * at all while the relay is away: nothing may depend on it but speed. What matters is in the log (log-follower.ts).
 */
export interface Relay {
  /** This node, a new name at each start. */
  readonly node: string;
  /**
   * Take part in a channel: `listener` gets every message on it from now on, this node's own included. Resolves once
   * that is so, or at once while the relay is away; it then begins by itself when the relay is back.
   */
  open(channel: string, listener: (message: Uint8Array, from: string) => void): Promise<RelayChannel>;
  /** `listener` is called when the relay carries after a time in which it may not have: messages may be missing. */
  onResumed(listener: () => void): void;
  /** Ends all channels. */
  close(): Promise<void>;
}

export interface RelayChannel {
  /** Goes nowhere while the relay is away. */
  publish(message: Uint8Array): void;
  close(): void;
}

/** For a site of one node. */
export const noRelay: Relay = {
  node: '',
  onResumed() {},
  open: () => Promise.resolve({ publish() {}, close() {} }),
  close: () => Promise.resolve()
};
