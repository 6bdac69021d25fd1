import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Room } from '@livekit/rtc-node';
import {
  AccessToken,
  EgressInfo,
  EgressStatus,
  RoomCompositeEgressRequest,
  TokenVerifier
} from 'livekit-server-sdk';
import type { MediaKeys } from '../../server/sfu/yaml.ts';

/** One recording as the service makes it. */
interface Work {
  info: EgressInfo;
  request: RoomCompositeEgressRequest;
  /** Its seat in the room. */
  room: Room;
  stoppedAt: number | null;
}

export interface EgressPeer {
  /** As LIVEKIT_URL has it: the real media server, with this service behind it. */
  url: string;
  works: Work[];
  /** What each file it writes holds. */
  film: Buffer;
  /** Of Twirp's codes: what it refuses to begin with. */
  refuses: { code: string; status: number } | null;
  /** It does what it is asked to, and its answers to `Start` and `Stop` come so much later. */
  answersAfterMs: { start: number; stop: number };
  /** Stops only come through once this is over. */
  stopsAfter: Promise<unknown>;
  losesNews: boolean;
  /** It ends by itself, as when the room is over. */
  ends(work: Work, status?: EgressStatus): Promise<void>;
  /** It dies: its seat is empty, and nobody says a word. */
  dies(work: Work): Promise<void>;
  close(): Promise<void>;
}

const service = '/twirp/livekit.Egress/';

/**
 * LiveKit's egress service, and the part of the media server that speaks for it, in front of a real one: everything else
 * goes through. It sits in the room as the true one does, writes a file, and tells by signed webhooks. Its video is noise.
 */
export async function openEgressPeer(options: {
  /** `http://…` of the real media server. */
  target: () => string;
  keys: MediaKeys;
  /** Where its webhooks go. */
  webhook: () => string;
}): Promise<EgressPeer> {
  const { target, keys } = options;
  const verifier = new TokenVerifier(keys.apiKey, keys.apiSecret);
  const sockets = new Set<{ destroy(): void }>();
  const web = createServer((request, response) => {
    const method = request.url?.startsWith(service) ? request.url.slice(service.length) : null;
    if (method === null) return passOn(request, response);
    serve(method, request, response).catch((error: unknown) =>
      refuse(response, 500, 'internal', String(error))
    );
  });
  web.on('upgrade', (request, socket, head: Buffer) => {
    const { hostname, port } = new URL(target());
    const onward = connect(Number(port), hostname, () => {
      const lines = request.rawHeaders.flatMap((name, i, all) => (i % 2 ? [] : [`${name}: ${all[i + 1]}`]));
      onward.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    for (const one of [onward, socket]) {
      sockets.add(one);
      one.on('error', () => one.destroy());
      one.on('close', () => {
        onward.destroy();
        socket.destroy();
      });
    }
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  const address = web.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');

  function passOn(request: IncomingMessage, response: ServerResponse): void {
    const onward = ask(
      new URL(request.url ?? '/', target()),
      { method: request.method, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }
    );
    onward.on('error', () => response.writeHead(502).end());
    request.pipe(onward);
  }

  async function serve(method: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = JSON.parse(Buffer.concat(parts).toString('utf8')) as Record<string, string>;
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    const grants = await verifier.verify(token).catch(() => null);
    if (grants?.video?.roomRecord !== true)
      return refuse(response, 401, 'unauthenticated', 'permissions denied');
    switch (method) {
      case 'StartRoomCompositeEgress': {
        if (peer.refuses)
          return refuse(response, peer.refuses.status, peer.refuses.code, 'no response from servers');
        const { info } = await begin(RoomCompositeEgressRequest.fromJson(body));
        await sleep(peer.answersAfterMs.start);
        return answer(response, info.toJson());
      }
      case 'ListEgress': {
        const items = peer.works.filter(
          ({ info }) => !body['roomName'] || info.roomName === body['roomName']
        );
        return answer(response, { items: items.map(({ info }) => info.toJson()) });
      }
      case 'StopEgress': {
        await peer.stopsAfter;
        const work = peer.works.find(({ info }) => info.egressId === body['egressId']);
        if (!work) return refuse(response, 404, 'not_found', 'egress does not exist');
        if (work.info.status > EgressStatus.EGRESS_ACTIVE)
          return refuse(response, 412, 'failed_precondition', 'egress cannot be stopped');
        void finish(work, EgressStatus.EGRESS_COMPLETE);
        await sleep(peer.answersAfterMs.stop);
        return answer(response, work.info.toJson());
      }
      default:
        return refuse(response, 404, 'bad_route', method);
    }
  }

  async function begin(request: RoomCompositeEgressRequest): Promise<Work> {
    const { roomName, fileOutputs } = request;
    const info = new EgressInfo({
      ...{ egressId: `EG_${randomBytes(6).toString('hex')}`, roomName, status: EgressStatus.EGRESS_STARTING },
      ...{ startedAt: nowNs(), request: { case: 'roomComposite', value: request } },
      fileResults: [{ filename: fileOutputs[0]?.filepath ?? '' }]
    });
    const work: Work = { info, request, room: new Room(), stoppedAt: null };
    peer.works.push(work);
    void tell('egress_started', info);
    void sitDown(work).then(() => {
      if (info.status !== EgressStatus.EGRESS_STARTING) return;
      info.status = EgressStatus.EGRESS_ACTIVE;
      info.fileResults[0]!.startedAt = nowNs();
      return tell('egress_updated', info);
    });
    return work;
  }

  /** As protocol/egress BuildEgressToken makes its token. */
  async function sitDown({ info, room }: Work): Promise<void> {
    const token = new AccessToken(keys.apiKey, keys.apiSecret, { identity: info.egressId, ttl: 3_600 });
    token.kind = 'egress';
    token.addGrant({
      ...{ roomJoin: true, room: info.roomName, canSubscribe: true, canPublish: false },
      ...{ canPublishData: false, hidden: true, recorder: true }
    });
    const to = { autoSubscribe: false, dynacast: false };
    await room.connect(target().replace('http', 'ws'), await token.toJwt(), to);
  }

  async function finish(work: Work, status: EgressStatus): Promise<void> {
    const { info, room } = work;
    const wrote = info.status === EgressStatus.EGRESS_ACTIVE;
    work.stoppedAt = Date.now();
    info.status = EgressStatus.EGRESS_ENDING;
    const file = info.fileResults[0]!;
    file.endedAt = nowNs();
    if (wrote) file.duration = file.endedAt - file.startedAt;
    void tell('egress_updated', info);
    await room.disconnect();
    // In a folder of its own first, as the true one does.
    if (wrote) {
      await writeFile(`${file.filename}.partial`, peer.film);
      await rename(`${file.filename}.partial`, file.filename);
    }
    info.status = wrote ? status : EgressStatus.EGRESS_ABORTED;
    info.endedAt = nowNs();
    await tell('egress_ended', info);
  }

  async function tell(event: string, info: EgressInfo): Promise<void> {
    if (peer.losesNews) return;
    const body = JSON.stringify({ event, id: randomBytes(6).toString('hex'), egressInfo: info.toJson() });
    const token = new AccessToken(keys.apiKey, keys.apiSecret, { ttl: 300 });
    token.sha256 = createHash('sha256').update(body).digest('base64');
    const headers = { authorization: await token.toJwt(), 'content-type': 'application/webhook+json' };
    // A site that is gone hears nothing more.
    await fetch(options.webhook(), { method: 'POST', body, headers }).catch(() => undefined);
  }

  const peer: EgressPeer = {
    url: `http://127.0.0.1:${address.port}`,
    ...{ works: [], film: randomBytes(9 * 1024 * 1024), refuses: null, losesNews: false },
    answersAfterMs: { start: 0, stop: 0 },
    stopsAfter: Promise.resolve(),
    ends: (work, status = EgressStatus.EGRESS_COMPLETE) => finish(work, status),
    dies: ({ room }) => room.disconnect(),
    async close() {
      for (const { room } of peer.works) await room.disconnect().catch(() => undefined);
      for (const socket of sockets) socket.destroy();
      web.closeAllConnections();
      web.close();
    }
  };
  return peer;
}

const nowNs = () => BigInt(Date.now()) * 1_000_000n;

function answer(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, code: string, msg: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ code, msg }));
}
