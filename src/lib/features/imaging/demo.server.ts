import { intraoralPixelMm, makeIntraoral } from './phantom/intraoral.server.ts';
import { makeLateralCeph, cephDetectorMm, cephMidplaneMm } from './phantom/lateral-ceph.server.ts';
import { makePanoramic } from './phantom/panoramic.server.ts';
import type { Mouth, ToothState } from './phantom/teeth.server.ts';
import { phantomDicom, type PhantomFacts } from './phantom/to-dicom.server.ts';

const dayMs = 86_400_000;

/** One finding of a chart, as far as a radiograph shows it. */
export interface ChartedFinding {
  tooth: string;
  code: string;
  surfaces?: readonly string[];
  grade?: string | null | undefined;
  daysAgo?: number;
}

export interface DemoImagesInput {
  mouth: string;
  /** The patient's place in the demo world; makes their pictures theirs. */
  index: number;
  name: string;
  /** What the chart says, so that pictures and chart agree. */
  findings?: readonly ChartedFinding[];
  number?: string;
  birthDate?: string;
  sex?: 'M' | 'F' | 'O';
  now?: Date;
}

export interface DemoImage {
  fileName: string;
  kind: PhantomFacts['kind'];
  teeth: readonly string[];
  daysAgo: number;
  /** A DICOM file. */
  bytes: Uint8Array;
}

/**
 * Phantom radiographs for one demo patient, as DICOM files. The same input gives the same pictures. None for
 * children: the phantoms have no primary teeth, and a wrong picture is worse than none.
 */
export function makeDemoImages(input: DemoImagesInput): DemoImage[] {
  if (input.mouth === 'child') return [];
  const mouth = mouthOf(input);
  const panoramicDays = input.index === 0 ? 420 : 24 + input.index * 37;
  const before = input.index === 0 ? { ...mouth, '36': { filling: 'amalgam' } as ToothState } : mouth;
  const images = [makePhantomFile(input, { kind: 'panoramic', mouth: before, daysAgo: panoramicDays })];
  if (input.mouth === 'orthodontic')
    images.push(makePhantomFile(input, { kind: 'lateral-ceph', mouth, daysAgo: panoramicDays }));
  const wanted = input.index === 0 ? '36' : toothOfInterest(mouth);
  if (wanted)
    images.push(
      makePhantomFile(input, {
        kind: 'periapical',
        mouth,
        daysAgo: input.index === 0 ? 2 : 5 + input.index * 3,
        tooth: wanted
      })
    );
  if (input.mouth === 'adult' && input.index % 3 === 1)
    images.push(makePhantomFile(input, { kind: 'bitewing', mouth, daysAgo: 35 }));
  return images;
}

/** The panoramic that the dentist of the demo has just taken of the first patient: the file to drag onto the page. */
export function makeDemoUpload(input: DemoImagesInput): DemoImage {
  return makePhantomFile(input, { kind: 'panoramic', mouth: mouthOf(input), daysAgo: 0 });
}

interface Wish {
  kind: PhantomFacts['kind'];
  mouth: Mouth;
  daysAgo: number;
  tooth?: string;
}

function makePhantomFile(input: DemoImagesInput, { kind, mouth, daysAgo, tooth = '36' }: Wish): DemoImage {
  const { index, name, number = `DEMO-${index + 1}`, birthDate = null, sex = 'O', now = new Date() } = input;
  const seed = index * 31 + 7;
  const facts: PhantomFacts = {
    kind,
    identity: `${number} ${kind} ${tooth} ${daysAgo}`,
    patient: { name, number, birthDate, sex },
    takenAt: new Date(now.getTime() - daysAgo * dayMs),
    teeth: [],
    laterality: 'B',
    detectorMm: 0.1,
    calibratedMm: null
  };
  const made = draw(kind, { seed, mouth, tooth });
  Object.assign(facts, made.facts);
  return {
    fileName: `${kind}-${index + 1}.dcm`,
    kind,
    teeth: facts.teeth,
    daysAgo,
    bytes: phantomDicom(made.picture, facts)
  };
}

function draw(kind: Wish['kind'], { seed, mouth, tooth }: { seed: number; mouth: Mouth; tooth: string }) {
  switch (kind) {
    case 'panoramic':
      return { picture: makePanoramic({ seed, mouth }), facts: {} };
    case 'lateral-ceph':
      return {
        picture: makeLateralCeph({ seed }),
        facts: { laterality: 'U' as const, detectorMm: cephDetectorMm, calibratedMm: cephMidplaneMm }
      };
    case 'bitewing': {
      const [teeth, lower] = [
        ['17', '16', '15', '14'],
        ['47', '46', '45', '44']
      ];
      return {
        picture: makeIntraoral({ seed, mouth, view: 'bitewing', teeth, lower }),
        facts: { teeth: [...teeth, ...lower], laterality: 'R' as const, detectorMm: intraoralPixelMm }
      };
    }
    case 'periapical': {
      const { teeth, portrait, upper } = neighbours(tooth);
      const view = upper ? 'upper' : 'lower';
      const laterality = portrait ? 'B' : /[14]/.test(tooth[0]!) ? 'R' : 'L';
      return {
        picture: makeIntraoral({ seed, mouth, view, teeth, portrait }),
        facts: { teeth, laterality: laterality as 'B' | 'R' | 'L', detectorMm: intraoralPixelMm }
      };
    }
  }
}

/** The teeth a film shows that is centred on this one, from the viewer's left to right. */
function neighbours(tooth: string): { teeth: string[]; portrait: boolean; upper: boolean } {
  const quadrant = Number(tooth[0]);
  const position = Number(tooth[1]);
  const upper = quadrant < 3;
  if (position <= 2)
    return { teeth: upper ? ['12', '11', '21', '22'] : ['42', '41', '31', '32'], portrait: true, upper };
  const middle = Math.min(7, Math.max(4, position));
  const outwards = [middle - 1, middle, middle + 1].map((p) => `${quadrant}${p}`);
  return {
    teeth: quadrant === 1 || quadrant === 4 ? outwards.toReversed() : outwards,
    portrait: false,
    upper
  };
}

function toothOfInterest(mouth: Mouth): string | null {
  const entries = Object.entries(mouth).filter(([tooth]) => /^[1-4]/.test(tooth));
  const found =
    entries.find(([, t]) => t.lesionMm) ??
    entries.find(([, t]) => t.caries?.length) ??
    entries.find(([, t]) => t.implant);
  return found?.[0] ?? null;
}

/** What a chart's findings look like on a radiograph. */
function mouthOf({ mouth: kind, index, findings = [] }: DemoImagesInput): Mouth {
  const mouth: Record<string, ToothState> = {};
  for (const finding of findings) mouth[finding.tooth] = { ...mouth[finding.tooth], ...stateOf(finding) };
  if (findings.length === 0 && kind === 'implant') mouth['46'] = { implant: true };
  if (findings.length === 0 && kind === 'elderly')
    for (const tooth of ['18', '28', '46', '48']) mouth[tooth] = { missing: true };
  // The demo's own case: pain at 36 under an old filling.
  if (index === 0) mouth['36'] = { filling: 'amalgam', caries: ['O', 'D'], lesionMm: 3 };
  return mouth;
}

function stateOf({ code, surfaces = [], grade }: ChartedFinding): ToothState {
  switch (code) {
    case 'missing':
    case 'extraction':
    case 'bridge_pontic':
    case 'unerupted':
      return { missing: true };
    case 'impacted':
      return { impacted: true };
    case 'implant':
      return { implant: true, missing: false };
    case 'filling':
    case 'inlay':
      return { filling: grade === 'amalgam' ? 'amalgam' : 'composite' };
    case 'crown':
    case 'bridge_abutment':
      return { crowned: true };
    case 'root_canal':
      return { rootFilled: true };
    case 'caries': {
      const shown = surfaces.filter((s): s is 'M' | 'O' | 'D' => s === 'M' || s === 'O' || s === 'D');
      return shown.length > 0 ? { caries: shown } : {};
    }
    case 'periapical':
      return { lesionMm: 3 };
    default:
      return {};
  }
}
