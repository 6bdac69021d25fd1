/** [CALL-60] Adds up a browser's own statistics of one stay in a call. Pure: readings come in, figures go out. */
import { deviceOf } from '#lib/features/identity/device.ts';
import {
  callBrowsers,
  callSystems,
  percentile,
  type CallMachine,
  type CallNumbers
} from '../../call-statistic.ts';
import { wayOf, type Stats } from './line.ts';

/** When what happened on the way into the call, `performance.now()`; null: not yet, or there was nothing to wait for. */
export interface JoinMarks {
  clickedAt: number;
  seatAt: number | null;
  lineAt: number | null;
  /** Somebody showed a picture when the line was open. */
  awaited: boolean;
  pictureAt: number | null;
}

const videoIn = (stat: Stat) => stat['type'] === 'inbound-rtp' && stat['kind'] === 'video';
type Stat = Readonly<Record<string, unknown>>;

/** What browsers do not tell counts as nothing. */
const number = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0);

export class StaySums {
  #readAt: number;
  readonly #from: number;
  /** The last value of each counter: they begin anew with each new room. */
  readonly #last = new Map<string, number>();
  readonly #sum = new Map<string, number>();
  readonly #roundTripsMs: number[] = [];
  readonly #rates: number[] = [];
  readonly #heights: number[] = [];
  #way: CallNumbers['way'] = null;
  rebuilds = 0;

  /** @param atMs when the stay began, as in every reading after it */
  constructor(atMs: number) {
    this.#from = this.#readAt = atMs;
  }

  add(atMs: number, stats: Stats): void {
    const seconds = Math.max(0, (atMs - this.#readAt) / 1_000);
    this.#readAt = atMs;
    this.#count('seconds', seconds);
    let roundTripMs = -1;
    let largest: Stat | null = null;
    stats.forEach((stat, id) => {
      const since = (field: string) => this.#since(`${this.rebuilds} ${id} ${field}`, number(stat[field]));
      switch (stat['type']) {
        case 'inbound-rtp':
          this.#count('bytesIn', since('bytesReceived'));
          this.#count('packetsIn', since('packetsReceived'));
          this.#count('lostIn', since('packetsLost'));
          this.#count('sound', since('totalSamplesReceived'));
          this.#count('madeUp', since('concealedSamples'));
          this.#count('silence', since('silentConcealedSamples'));
          break;
        case 'outbound-rtp':
          this.#count('bytesOut', since('bytesSent'));
          this.#count('packetsOut', since('packetsSent'));
          break;
        case 'remote-inbound-rtp':
          this.#count('lostOut', since('packetsLost'));
          break;
        case 'candidate-pair':
          if (stat['nominated'] === true && typeof stat['currentRoundTripTime'] === 'number')
            roundTripMs = Math.max(roundTripMs, stat['currentRoundTripTime'] * 1_000);
      }
      if (!videoIn(stat)) return;
      const frozen = since('totalFreezesDuration');
      this.#count('freezes', since('freezeCount'));
      this.#count('frozen', frozen);
      // A picture that nobody looks at is not sent, and does not stand still. A freeze is told once it is over.
      if (since('framesDecoded') > 0) this.#count('watched', Math.max(seconds, frozen));
      if (number(stat['frameHeight']) > number(largest?.['frameHeight'])) largest = stat;
    });
    if (roundTripMs >= 0) this.#roundTripsMs.push(Math.round(roundTripMs));
    if (largest) {
      this.#heights.push(number(largest['frameHeight']));
      this.#rates.push(Math.round(number(largest['framesPerSecond'])));
    }
    this.#way = wayOf(stats) ?? this.#way;
  }

  numbers(atMs: number, marks: JoinMarks): CallNumbers {
    const of = (name: string) => this.#sum.get(name) ?? 0;
    const [sent, got] = [of('packetsOut'), of('packetsIn')];
    return {
      seconds: Math.min(24 * 3_600, Math.max(0, Math.round((atMs - this.#from) / 1_000))),
      ...joinParts(marks),
      way: this.#way,
      roundTripMs: percentile(this.#roundTripsMs, 0.5),
      roundTripP95Ms: percentile(this.#roundTripsMs, 0.95),
      lossIn: ratio(of('lostIn'), of('lostIn') + got),
      lossOut: ratio(of('lostOut'), sent),
      kbpsIn: got > 0 && of('seconds') > 0 ? rate(of('bytesIn'), of('seconds')) : null,
      kbpsOut: sent > 0 && of('seconds') > 0 ? rate(of('bytesOut'), of('seconds')) : null,
      freezes: of('freezes'),
      frozen: ratio(of('frozen'), of('watched')),
      concealed: ratio(Math.max(0, of('madeUp') - of('silence')), of('sound')),
      fps: percentile(this.#rates, 0.5),
      height: percentile(this.#heights, 0.5),
      rebuilds: this.rebuilds
    };
  }

  #since(key: string, value: number): number {
    const grown = Math.max(0, value - (this.#last.get(key) ?? 0));
    this.#last.set(key, value);
    return grown;
  }

  #count(name: string, more: number): void {
    this.#sum.set(name, (this.#sum.get(name) ?? 0) + more);
  }
}

const rate = (bytes: number, seconds: number) => Math.round((bytes * 8) / seconds / 1_000);

/** 0…1 to four places; null: of nothing. */
function ratio(part: number, whole: number): number | null {
  return whole > 0 ? Math.min(1, Math.round((part / whole) * 10_000) / 10_000) : null;
}

/** Each part from the end of the one before it. */
export function joinParts(marks: JoinMarks): Pick<CallNumbers, 'seatMs' | 'lineMs' | 'pictureMs'> {
  const between = (from: number | null, to: number | null) =>
    from === null || to === null ? null : Math.max(0, Math.round(to - from));
  return {
    seatMs: between(marks.clickedAt, marks.seatAt),
    lineMs: between(marks.seatAt, marks.lineAt),
    pictureMs: marks.awaited ? between(marks.lineAt, marks.pictureAt) : null
  };
}

const versions = /(?:Edg(?:e|A|iOS)?|OPR|Firefox|FxiOS|MicroMessenger|QQBrowser)\/(\d+)/;
const othersVersions = /(?:Chrome|CriOS|Version)\/(\d+)/;

/** Family and major version, and what kind of device: less than any page is told of a browser. */
export function machineOf(here: {
  userAgent: string;
  touchPoints: number;
  /** The finger is what it is used by first. */
  coarse: boolean;
  /** CSS pixels of the screen, the shorter side. */
  shortSide: number;
}): CallMachine {
  const { browser, system } = deviceOf(here.userAgent);
  const found = versions.exec(here.userAgent) ?? othersVersions.exec(here.userAgent);
  // iPads say that they are Macs; no Mac has a touch screen.
  const isPad = system === 'macOS' && here.touchPoints > 1;
  return {
    device: !here.coarse ? 'computer' : here.shortSide < 600 ? 'phone' : 'tablet',
    browser: callBrowsers.find((name) => name === browser) ?? 'other',
    browserVersion: found ? Number(found[1]) : null,
    system: isPad ? 'iOS' : (callSystems.find((name) => name === system) ?? 'other')
  };
}
