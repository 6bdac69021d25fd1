import { createReadStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  EgressClient,
  EgressStatus,
  EncodedFileOutput,
  EncodedFileType,
  EncodingOptions,
  RoomServiceClient,
  TwirpError,
  type EgressInfo
} from 'livekit-server-sdk';
import { fail } from '#lib/kernel/errors.ts';
import { isId } from '#lib/kernel/ids.ts';
import type { EgressFact, Logger, RoomEgress } from '#lib/kernel/ports.ts';
import type { MediaKeys } from './yaml.ts';

/** The media server waits three seconds for a free egress worker. */
const startSeconds = 10;
const askSeconds = 3;
const ending = '.mp4';
/** As browsers record (features/consults/room/recording/picture.ts), so that a recording takes as much room. */
const encoding = new EncodingOptions({
  ...{ width: 1280, height: 720, framerate: 12, videoBitrate: 1_200, keyFrameInterval: 4 },
  ...{ audioBitrate: 64, audioFrequency: 48_000 }
});

/** LiveKit's egress service, asked through the media server, and the folder it writes to. */
export function liveKitEgress(options: {
  keys: MediaKeys;
  /** Base of the API, `http(s)://…`; null while there is no media server. */
  apiUrl: () => string | null;
  folder: string;
  log: Logger;
}): RoomEgress {
  const { keys, folder, log } = options;

  function client(requestTimeout: number): EgressClient {
    const url = options.apiUrl();
    if (url === null) throw fail('sfu_unavailable');
    return new EgressClient(url, keys.apiKey, keys.apiSecret, { requestTimeout, failover: false });
  }
  /** Who is in the room for the media server, what records it too. */
  async function seatsOf(room: string): Promise<string[]> {
    const url = options.apiUrl() ?? '';
    const rooms = new RoomServiceClient(url, keys.apiKey, keys.apiSecret, {
      ...{ requestTimeout: askSeconds, failover: false }
    });
    return (await rooms.listParticipants(room)).map(({ identity }) => identity);
  }
  const pathOf = (recordingId: string): string => {
    if (!isId(recordingId)) throw fail('not_found');
    return join(folder, `${recordingId}${ending}`);
  };

  return {
    configured: true,
    async start(room, recordingId) {
      try {
        // No manifest: it would stay behind with the room's name in it.
        const output = new EncodedFileOutput({
          fileType: EncodedFileType.MP4,
          filepath: pathOf(recordingId),
          disableManifest: true
        });
        const { egressId } = await client(startSeconds).startRoomCompositeEgress(
          room,
          { file: output },
          { layout: 'speaker', encodingOptions: encoding }
        );
        return egressId;
      } catch (error) {
        log.warn({ recordingId, code: codeOf(error) }, 'the media server does not record');
        throw fail('recording_server_refused', {}, error);
      }
    },
    async stop(egressId) {
      try {
        await client(askSeconds).stopEgress(egressId);
      } catch (error) {
        if (['not_found', 'failed_precondition'].includes(codeOf(error))) return;
        throw fail('sfu_unavailable', {}, error);
      }
    },
    async list(room) {
      try {
        const all = await client(askSeconds).listEgress({ roomName: room });
        const there = all.some(({ status }) => stateOf(status) === 'active') ? await seatsOf(room) : [];
        return all.map((info) => factOf(info, there));
      } catch (error) {
        throw fail('sfu_unavailable', {}, error);
      }
    },
    async file(recordingId) {
      try {
        const { size, mtime } = await stat(pathOf(recordingId));
        return { size, changedAt: mtime };
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    read: (recordingId) => createReadStream(pathOf(recordingId), { highWaterMark: 256 * 1024 }),
    remove: (recordingId) => rm(pathOf(recordingId), { force: true }),
    async files() {
      const names = await readdir(folder).catch((error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      });
      return names.map((name) => recordingOf(name)).filter((id) => id !== null);
    }
  };
}

/** What the media server says of one recording. */
export function factOf(info: EgressInfo, seats: readonly string[]): EgressFact {
  const { egressId, status, fileResults, request, endedAt } = info;
  const asked = request.case === 'roomComposite' ? request.value.fileOutputs[0]?.filepath : undefined;
  const file = fileResults[0];
  return {
    egressId,
    recordingId: recordingOf(basename(asked ?? file?.filename ?? '')),
    // Said to be done before its file is where it belongs, as at a limit.
    state: stateOf(status) === 'over' && endedAt === 0n ? 'ending' : stateOf(status),
    isThere: seats.includes(egressId),
    trouble:
      status === EgressStatus.EGRESS_LIMIT_REACHED
        ? 'limit'
        : status === EgressStatus.EGRESS_FAILED || status === EgressStatus.EGRESS_ABORTED
          ? 'failed'
          : null,
    // It counts in nanoseconds.
    durationMs: file && file.duration > 0n ? Number(file.duration / 1_000_000n) : null
  };
}

function stateOf(status: EgressStatus): EgressFact['state'] {
  switch (status) {
    case EgressStatus.EGRESS_STARTING:
      return 'starting';
    case EgressStatus.EGRESS_ACTIVE:
      return 'active';
    case EgressStatus.EGRESS_ENDING:
      return 'ending';
    default:
      return 'over';
  }
}

function recordingOf(name: string): string | null {
  const id = name.endsWith(ending) ? name.slice(0, -ending.length) : '';
  return isId(id) ? id : null;
}

function codeOf(error: unknown): string {
  if (error instanceof TwirpError) return error.code ?? `status ${error.status}`;
  return error instanceof Error ? error.name : 'unknown';
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Why this media server records nothing, in words for whoever set it up; null: it would. */
export async function refusalOfEgress(url: string, { apiKey, apiSecret }: MediaKeys): Promise<string | null> {
  const options = { requestTimeout: askSeconds, failover: false };
  try {
    await new EgressClient(url.replace(/^ws/, 'http'), apiKey, apiSecret, options).listEgress({
      active: true
    });
    return null;
  } catch (error) {
    if (!(error instanceof TwirpError)) return 'it does not answer';
    return error.message.includes('redis')
      ? 'it has no Redis, over which the egress service gets its work'
      : `it answers ${codeOf(error)}`;
  }
}
