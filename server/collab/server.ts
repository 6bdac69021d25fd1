import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { type Clock, systemClock } from '#lib/kernel/clock.ts';
import { isId } from '#lib/kernel/ids.ts';
import type { Logger } from '#lib/kernel/ports.ts';
import { type Access, type Authorisation, type Authorise, type Whose, authorOf, isWhose } from './access.ts';
import { type CloseReason, closeCodes } from './close-codes.ts';
import { Connection } from './connection.ts';
import { refuseConnection } from '../refuse.ts';
import { Documents } from './documents.ts';
import { nameOf } from './error-name.ts';
import type { Inspect } from './judge.ts';
import { Knocks } from './knocks.ts';
import { type Limits, amongNodes, defaultLimits } from './limits.ts';
import { Nodes } from './nodes.ts';
import type { Persistence } from './persistence.ts';
import { type Relay, noRelay } from './relay.ts';
import type { Order } from './relay-messages.ts';

export interface CollabOptions {
  authorise: Authorise;
  persistence: Persistence;
  log: Logger;
  /** Origins whose pages may connect, e.g. `https://consult.example.org`. */
  origin: string | readonly string[];
  /** Judges every write before it is applied; without it all writes of a writer are taken. */
  inspect?: Inspect;
  /** To the other nodes of the site; none: it has one node. */
  relay?: Relay;
  clock?: Clock;
  /** The network address of who asks; default: the other end of the connection. */
  addressOf?: (request: IncomingMessage) => string;
  limits?: Partial<Limits>;
}

export interface Collab {
  /** Takes upgrades of `/collab/<documentId>`. @returns false, socket untouched, for every other path */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Access was taken away: cuts the sockets at once, on all nodes, and those just being let in. */
  revoke(whose: Whose): void;
  /** Access may have changed: looks it up again, which may cut, or switch between reading and writing. */
  recheck(whose: Whose): Promise<void>;
  /** News of access may have been missed: looks up the right of every socket of this node again. */
  recheckAll(): Promise<void>;
  /** Readable, no longer writable, from now on, on all nodes. Resolves once all that was sent here before is durable. */
  closeDocument(documentId: string, state: 'read-only'): Promise<void>;
  stats(): CollabStats;
  /** Ends every socket, saves every document; gives up on the saves after `limits.closeMs`. */
  close(): Promise<void>;
}

export interface CollabStats {
  connections: number;
  documents: number;
  /** Documents with something not yet durable, and how much, in bytes. */
  unsavedDocuments: number;
  unsavedBytes: number;
}

const path = /^\/collab\/([^/?]+)(?:\?|$)/;
/** ws itself ends a message this much above our limit; up to there our own code says so. */
const frameSlackBytes = 64 * 1024;
const tooBigForWs = 1009;

/** ws's own "message too big" is no final code for y-websocket's client, which would send the same for ever. */
class ServerSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    if (code === tooBigForWs) super.close(closeCodes.tooLarge, 'tooLarge');
    else super.close(code, reason);
  }
}

/** The collaboration server: y-websocket's protocol, with access, limits and durability. Rules in SPEC.md. */
export function createCollab(options: CollabOptions): Collab {
  const { authorise, log, relay = noRelay } = options;
  const limits: Limits = { ...defaultLimits, ...(relay === noRelay ? {} : amongNodes), ...options.limits };
  const origins = new Set(typeof options.origin === 'string' ? [options.origin] : options.origin);
  const connections = new Set<Connection>();
  const knocks = new Knocks(limits);
  const addressOf = options.addressOf ?? ((request) => request.socket.remoteAddress ?? '');
  const documents = new Documents({
    persistence: options.persistence,
    relay,
    inspect: options.inspect ?? null,
    limits,
    clock: options.clock ?? systemClock,
    log
  });
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.messageBytes + frameSlackBytes,
    WebSocket: ServerSocket
  });
  let closing = false;
  const nodes = relay === noRelay ? null : joinNodes();
  nodes?.start();

  const carer = setInterval(() => {
    const now = performance.now();
    for (const document of documents.all()) {
      document.presences.renew();
      document.rest(now);
      document.link.care(nodes?.apart === true && document.members.size > 0);
    }
    for (const connection of connections) {
      connection.care(now);
      if (connection.document && now - connection.authorisedAtMs > limits.reauthoriseMs)
        void lookUpAgain(connection);
    }
  }, limits.careMs);
  carer.unref();

  function joinNodes(): Nodes {
    return new Nodes({
      ...limits,
      relay,
      log,
      onApart: () => documents.all().forEach((document) => document.announce({ kind: 'relay-lost' })),
      onTogether(again) {
        for (const document of documents.all()) {
          document.link.catchUp();
          if (again) document.announce({ kind: 'relay-back' });
        }
      },
      onCome: () => documents.all().forEach((document) => document.link.meet()),
      onGone: (node) => documents.all().forEach((document) => document.presences.drop(node)),
      onOrder: follow,
      onMissed: () => void lookUpAll()
    });
  }

  function follow(order: Order): void {
    switch (order.kind) {
      case 'revoke':
        for (const connection of affected(order.whose)) connection.end('forbidden');
        return;
      case 'recheck':
        for (const connection of affected(order.whose)) void lookUpAgain(connection);
        return;
      case 'read-only':
        void documents.setReadOnly(order.documentId);
        return;
    }
  }

  function handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const match = path.exec(request.url ?? '');
    if (!match) return false;
    const documentId = match[1];
    if (!request.headers.origin || !origins.has(request.headers.origin)) refuseConnection(socket, 403);
    else if (!isId(documentId)) refuseConnection(socket, 404);
    else if (closing || connections.size >= limits.connections) refuseConnection(socket, 503);
    else admit(request, socket, head, documentId);
    return true;
  }

  function admit(request: IncomingMessage, socket: Duplex, head: Buffer, documentId: string): void {
    const settled = knocks.admit(addressOf(request), performance.now());
    if (!settled) return refuseConnection(socket, 429);
    socket.once('close', settled);
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      const connection = new Connection({ socket: accepted, request, documentId, limits, onEnd });
      connections.add(connection);
      void letIn(connection).finally(settled);
    });
  }

  function onEnd(connection: Connection, reason: CloseReason | null): void {
    connections.delete(connection);
    if (connection.document) documents.leave(connection.document, connection);
    log.debug({ documentId: connection.documentId, reason }, 'collab socket ended');
  }

  async function letIn(connection: Connection): Promise<void> {
    try {
      const access = await currentAccess(connection);
      if (!access) return;
      connection.grant(access);
      const { organisationId, consultId } = access;
      const key = { organisationId, consultId, documentId: connection.documentId };
      const document = await documents.join(key, connection);
      if (!document) return connection.end('unknownDocument');
      if (document.members.size > limits.connectionsADocument) connection.end('documentFull');
      if (connection.ended) return documents.leave(document, connection);
      connection.open(document);
      if (nodes?.apart) connection.notify({ kind: 'relay-lost' });
      log.debug({ ...key, author: authorOf(access), mode: access.mode }, 'collab socket open');
    } catch (error) {
      log.error({ documentId: connection.documentId, error: nameOf(error) }, 'collab socket failed');
      connection.end('serverFailed');
    }
  }

  /** Null where there is none; the connection has ended then. */
  async function currentAccess(connection: Connection): Promise<Access | null> {
    for (;;) {
      connection.stale = false;
      const answer = await withTimeout(
        authorise(connection.request, connection.documentId),
        limits.authoriseMs
      );
      if (connection.ended) return null;
      // Something was revoked while we asked: the answer may be from before.
      if (connection.stale) continue;
      if (answer.ok) return answer.access;
      connection.end(answer.close);
      return null;
    }
  }

  async function lookUpAgain(connection: Connection): Promise<void> {
    connection.authorisedAtMs = performance.now();
    try {
      const access = await currentAccess(connection);
      if (access) connection.grant(access);
    } catch (error) {
      // Not known to be allowed is not allowed; the client comes back and is asked anew.
      log.error({ documentId: connection.documentId, error: nameOf(error) }, 'collab re-check failed');
      connection.end('serverFailed');
    }
  }

  /** [CO-24] Orders may have been missed. Answers on their way may be from before, and are asked for again. */
  async function lookUpAll(): Promise<void> {
    for (const connection of connections) connection.stale = true;
    await Promise.all([...connections].filter((connection) => connection.accessOrNull).map(lookUpAgain));
  }

  /** Connections of these people. Those whose access is being looked up are marked: their answer is stale. */
  function affected(whose: Whose): Connection[] {
    return [...connections].filter((connection) => {
      connection.stale = true;
      const access = connection.accessOrNull;
      return access !== null && isWhose(access, whose);
    });
  }

  return {
    handleUpgrade,
    revoke(whose) {
      for (const connection of affected(whose)) connection.end('forbidden');
      nodes?.order({ kind: 'revoke', whose });
    },
    async recheck(whose) {
      nodes?.order({ kind: 'recheck', whose });
      await Promise.all(affected(whose).map(lookUpAgain));
    },
    recheckAll: lookUpAll,
    async closeDocument(documentId) {
      nodes?.order({ kind: 'read-only', documentId });
      await documents.setReadOnly(documentId);
    },
    stats() {
      const all = documents.all();
      return {
        connections: connections.size,
        documents: all.length,
        unsavedDocuments: all.filter((document) => document.busy).length,
        unsavedBytes: all.reduce((sum, document) => sum + document.updates.bytes, 0)
      };
    },
    async close() {
      closing = true;
      clearInterval(carer);
      for (const connection of [...connections]) connection.end('shuttingDown');
      await documents.close(limits.closeMs);
      nodes?.close();
      await relay.close();
      sockets.close();
    }
  };
}

async function withTimeout(answer: Promise<Authorisation>, ms: number): Promise<Authorisation> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('authorise: no answer')), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
