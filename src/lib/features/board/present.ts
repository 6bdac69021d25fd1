import * as encoding from 'lib0/encoding';
import type { Awareness } from 'y-protocols/awareness';
import type { WebsocketProvider } from 'y-websocket';

/** Tells the server that this client needs no renewals of who is there; see server/collab/SPEC.md. */
export const keepsPresencesMessage = 102;

/** Whoever is seen stays, without being renewed every 30 s as y-protocols wants it. @returns back to that */
export function keepPresent(awareness: Awareness): () => void {
  const keep = (clientIds: Iterable<number>): void => {
    for (const clientId of clientIds) {
      const meta = awareness.meta.get(clientId);
      if (meta && clientId !== awareness.clientID)
        awareness.meta.set(clientId, { ...meta, lastUpdated: Number.POSITIVE_INFINITY });
    }
  };
  const onUpdate = ({ added, updated }: { added: number[]; updated: number[] }): void =>
    keep([...added, ...updated]);
  keep(awareness.getStates().keys());
  awareness.on('update', onUpdate);
  return () => awareness.off('update', onUpdate);
}

/**
 * On a line to our server: it says when somebody has gone, and a line that breaks ends all others here. So nobody has
 * to be renewed over it. Call right after the provider was made. @returns detach
 */
export function attachPresent(provider: WebsocketProvider): () => void {
  const { awareness } = provider;
  const stop = keepPresent(awareness);
  const onStatus = ({ status }: { status: string }): void => {
    if (status !== 'connected') return;
    // Who was dropped with the former line comes back with the clock they had: it must not pass for old news.
    for (const clientId of [...awareness.meta.keys()])
      if (clientId !== awareness.clientID && !awareness.getStates().has(clientId))
        awareness.meta.delete(clientId);
    provider.ws?.send(encoding.encode((encoder) => encoding.writeVarUint(encoder, keepsPresencesMessage)));
  };
  provider.on('status', onStatus);
  return () => {
    stop();
    provider.off('status', onStatus);
  };
}
