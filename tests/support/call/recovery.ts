import { setTimeout as sleep } from 'node:timers/promises';
import { TrackSource } from 'livekit-server-sdk';
import { Encryption_Type } from 'livekit-client';
import { chromium, type Page } from 'playwright';
import { browserFlags, mediaFlags } from '../browser.ts';
import { correlation } from '../likeness.ts';
import type { CallerHooks, Seen } from './page.ts';
import type { CallSite } from './site.ts';

/**
 * Every fault the media client can make by itself, as livekit-client names them, but `force-tls`: it binds a person to
 * a relay over TLS for five minutes, and a site without TURN has none.
 */
export const scenarios = [
  'signal-reconnect',
  'resume-reconnect',
  'full-reconnect',
  'leave-full-reconnect',
  'disconnect-signal-on-resume',
  'disconnect-signal-on-resume-no-messages',
  'fail-on-v1-path',
  'node-failure',
  'server-leave',
  'migration',
  'force-tcp',
  'subscriber-bandwidth',
  'speaker'
] as const;
export type Scenario = (typeof scenarios)[number];

/** A picture older than this has stopped. */
const freshMs = 700;
/** All has to be well for this long to count. */
const steadyMs = 1_000;
/** The made-up microphone beeps once a second. */
const beepMs = 1_500;
/** Of a picture sent and the same as shown, a moment later. */
const leastAlike = 0.8;
const looks = 20;

/** A person at their page. `muted`: from the first moment on. */
export interface Caller {
  identity: string;
  page: Page;
  muted: boolean;
}

/** A browser of its own with a camera of few frames: what is asked is whether it is seen. */
export async function openPage({ media }: CallSite, executablePath: string | null): Promise<Page> {
  const browser = await chromium.launch({
    ...(executablePath ? { executablePath } : {}),
    args: [
      ...browserFlags,
      ...mediaFlags.map((flag) => flag.replace('fps=30', 'fps=10')),
      // Cameras only work on a safe origin, which an address without https is not, but for loopback.
      `--unsafely-treat-insecure-origin-as-secure=${media.origin}`
    ]
  });
  return browser.newPage();
}

/** As a laptop's lid or a phone's background does it: nothing of the page runs. */
export async function freeze(page: Page, ms: number): Promise<void> {
  const control = await page.context().newCDPSession(page);
  await control.send('Page.setWebLifecycleState', { state: 'frozen' });
  await sleep(ms);
  await control.send('Page.setWebLifecycleState', { state: 'active' });
  await control.detach();
}

type HooksWindow = Window & { caller: CallerHooks };
export const look = (page: Page): Promise<Seen> =>
  page.evaluate(() => (window as unknown as HooksWindow).caller.look());

export async function join(site: CallSite, { identity, page, muted }: Caller): Promise<void> {
  await page.goto(site.page(identity));
  await page.evaluate((on) => (window as unknown as HooksWindow).caller.join(on), !muted);
}

/** Lets the media client of a page make a fault. */
export async function provoke(page: Page, scenario: Scenario): Promise<void> {
  await page.evaluate(
    ([name, bandwidth]) =>
      (window as unknown as HooksWindow).caller.call.simulate(
        name,
        name === 'subscriber-bandwidth' ? bandwidth : undefined
      ),
    [scenario, 400_000] as const
  );
  // Only spoils the next connection: which has to be made.
  if (scenario === 'fail-on-v1-path') await provoke(page, 'full-reconnect');
}

export const takeDevices = (page: Page, taken: boolean): Promise<void> =>
  page.evaluate((now) => (window as unknown as HooksWindow).caller.takeDevices(now), taken);

/** What encrypts at a page is gone; `told`: and the browser says so. */
export const loseWorker = (page: Page, told: boolean): Promise<void> =>
  page.evaluate((told) => (window as unknown as HooksWindow).caller.loseWorker(told), told);

const greysOf = (page: Page, identity: string): Promise<number[] | null> =>
  page.evaluate((who) => (window as unknown as HooksWindow).caller.greys(who), identity);

/** What is not as it was before the fault; empty: all is well. */
export async function wrongIn(site: CallSite, callers: readonly Caller[]): Promise<string[]> {
  const [inRoom, ...seen] = await Promise.all([site.inRoom(), ...callers.map(({ page }) => look(page))]);
  const wrong: string[] = [];
  const expect = (holds: boolean, what: string) => void (holds || wrong.push(what));
  const all = callers.map(({ identity }) => identity).sort();
  for (const [index, { identity: me, muted }] of callers.entries()) {
    const view = seen[index]!;
    expect(view.phase === 'live', `${me} is ${view.phase}`);
    expect(view.micOn === !muted && view.cameraOn, `${me} wants something else than before`);
    expect(
      view.people
        .map((one) => one.identity)
        .sort()
        .join() === all.join(),
      `${me} sees other people`
    );
    for (const other of view.people) {
      const { identity, micOn, cameraOn, frameMs } = other;
      const isMuted = callers.find((one) => one.identity === identity)?.muted;
      expect(micOn === !isMuted, `${me} sees ${identity} ${micOn ? 'not muted' : 'muted'}`);
      expect(cameraOn, `${me} sees ${identity} without camera`);
      expect(frameMs !== null && frameMs < freshMs, `${me} has no moving picture of ${identity}`);
    }
    // A muted microphone may stay published: silent.
    const loud = callers.filter((one) => one.identity !== me && !one.muted).length;
    expect(
      view.sounds >= loud && view.sounds <= callers.length - 1,
      `${me} plays ${view.sounds} sounds of ${callers.length - 1} others`
    );
    expect(view.capturing <= 2, `${me} holds ${view.capturing} devices open`);
    expect(
      view.encrypted === (site.keys !== null),
      `${me} reads that it is ${view.encrypted ? '' : 'not '}encrypted`
    );
    expect(view.phrase === seen[0]!.phrase, `${me} reads out other numbers`);
  }
  // The media server's own word: nobody twice, nothing twice, nobody who has gone.
  expect(
    inRoom
      ?.map(({ identity }) => identity)
      .sort()
      .join() === all.join(),
    'others are in the room'
  );
  for (const { identity, tracks } of inRoom ?? []) {
    const of = (source: TrackSource) => tracks.filter((track) => track.source === source);
    const [camera, microphone] = [of(TrackSource.CAMERA), of(TrackSource.MICROPHONE)];
    expect(camera.length === 1 && !camera[0]!.muted, `${identity} sends ${camera.length} cameras`);
    const muted = callers.find((one) => one.identity === identity)?.muted ?? false;
    expect(microphone.length <= 1, `${identity} sends ${microphone.length} microphones`);
    expect(
      microphone.every((track) => track.muted === muted),
      `the microphone of ${identity} is ${muted ? 'open' : 'muted'}`
    );
    expect(tracks.length === camera.length + microphone.length, `${identity} sends something else`);
    const wanted = site.keys ? Encryption_Type.GCM : Encryption_Type.NONE;
    expect(
      tracks.every(({ encryption }) => encryption === wanted),
      `${identity} sends ${site.keys ? 'in the clear' : 'encrypted'}`
    );
  }
  return wrong;
}

/** Who hears anything hears somebody who is not muted. */
async function wrongToHear(callers: readonly Caller[]): Promise<string[]> {
  await sleep(beepMs);
  const wrong: string[] = [];
  for (const me of callers) {
    const { heardMs } = await look(me.page);
    const expected = callers.some((one) => one !== me && !one.muted);
    if ((heardMs !== null && heardMs < beepMs) !== expected)
      wrong.push(`${me.identity} hears ${expected ? 'nothing' : 'who is muted'}`);
  }
  return wrong;
}

/** What arrives is what was sent: a decoder makes something of any bytes. */
async function wrongToSee(callers: readonly Caller[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const me of callers)
    for (const { identity, page } of callers)
      if (identity !== me.identity && !(await isAlike(identity, page, me.page)))
        wrong.push(`${me.identity} sees something else than ${identity} sends`);
  return wrong;
}

/** What is shown is a moment older than what is sent: each of some looks at one with each at the other. */
async function isAlike(identity: string, from: Page, to: Page): Promise<boolean> {
  const sent: number[][] = [];
  const shown: number[][] = [];
  for (let i = 0; i < looks; i++) {
    const pictures = await Promise.all([greysOf(from, identity), greysOf(to, identity)]);
    if (pictures[0]) sent.push(pictures[0]);
    if (pictures[1]) shown.push(pictures[1]);
    if (sent.some((one) => shown.some((other) => correlation(one, other) > leastAlike))) return true;
    await sleep(100);
  }
  return false;
}

export interface Recovery {
  /** From the fault to the last moment at which something was missing; 0: nobody noticed. */
  ms: number;
  /** What was still missing when patience ended; empty: all came back. */
  missing: string[];
  /** What was missing in between. */
  noticed: readonly string[];
}

/** Makes a fault and waits until picture, sound, people and buttons are as they were, for good. */
export async function recover(
  site: CallSite,
  callers: readonly Caller[],
  fault: () => Promise<unknown>,
  { withinMs = 60_000 } = {}
): Promise<Recovery> {
  const noticed = new Set<string>();
  await fault();
  const from = performance.now();
  let bad = from;
  let missing: string[];
  for (;;) {
    missing = await wrongIn(site, callers);
    const now = performance.now();
    if (missing.length > 0) bad = now;
    for (const one of missing) noticed.add(one);
    if (now - bad >= steadyMs) {
      missing = [...(await wrongToHear(callers)), ...(await wrongToSee(callers))];
      break;
    }
    if (now - from > withinMs) break;
    await sleep(50);
  }
  return { ms: Math.round(bad - from), missing, noticed: [...noticed] };
}
