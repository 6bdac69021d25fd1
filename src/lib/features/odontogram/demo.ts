import type { FindingCode, FindingDraft } from './findings.ts';

/** A mouth the demo world can draw. */
export type DemoMouth = 'adult' | 'elderly' | 'child' | 'orthodontic' | 'implant' | 'periodontal';

/** Which mouth, and which of its variants (any integer: the patient's place in the list). */
export interface DemoSeed {
  mouth: DemoMouth;
  index: number;
}

/** A draft and how many days before now it was written down. */
export type DemoFinding = FindingDraft & { daysAgo: number };

type Status = FindingDraft['status'];
interface More {
  grade?: string;
  note?: string;
}

function finding(
  daysAgo: number,
  tooth: string,
  code: FindingCode,
  status: Status,
  surfaces = '',
  more: More = {}
): DemoFinding {
  return { daysAgo, tooth, code, status, surfaces: surfaces.split('').filter(Boolean), ...more };
}
const each = (numbers: string, make: (tooth: string) => DemoFinding): DemoFinding[] =>
  numbers.split(' ').map(make);

/** Adults: each variant is one person's mouth. */
const adults: DemoFinding[][] = [
  [
    finding(820, '46', 'filling', 'existing', 'O', { grade: 'composite' }),
    finding(820, '26', 'filling', 'existing', 'OD', { grade: 'amalgam' }),
    finding(820, '48', 'missing', 'existing'),
    finding(210, '15', 'filling', 'done', 'MO', { grade: 'composite' }),
    finding(5, '38', 'impacted', 'existing', '', { grade: 'mesial', note: '反复冠周炎' }),
    finding(5, '37', 'caries', 'needs', 'D', { grade: 'medium', note: '远中邻面，食物嵌塞' }),
    finding(5, '31', 'calculus', 'needs', '', { grade: '2' }),
    finding(5, '41', 'calculus', 'needs', '', { grade: '2' })
  ],
  [
    finding(400, '26', 'root_canal', 'done'),
    finding(380, '26', 'crown', 'done', '', { grade: 'ceramic' }),
    finding(35, '16', 'caries', 'needs', 'D', { grade: 'medium', note: '食物嵌塞' }),
    finding(35, '45', 'filling', 'existing', 'OD', { grade: 'composite' }),
    finding(35, '24', 'wedge_defect', 'needs', 'B'),
    finding(35, '25', 'wedge_defect', 'needs', 'B'),
    finding(35, '36', 'pocket', 'needs', '', { grade: '5' }),
    finding(35, '48', 'impacted', 'existing', '', { grade: 'horizontal' })
  ],
  [
    finding(190, '37', 'sealant', 'done', 'O'),
    finding(190, '47', 'sealant', 'done', 'O'),
    finding(44, '17', 'caries', 'needs', 'O', { grade: 'superficial' }),
    ...each('18 28', (tooth) => finding(44, tooth, 'unerupted', 'existing'))
  ],
  [
    finding(300, '46', 'filling', 'done', 'OD', { grade: 'composite' }),
    finding(300, '36', 'filling', 'existing', 'O', { grade: 'composite' }),
    ...each('31 32 41 42', (tooth) => finding(7, tooth, 'calculus', 'needs', '', { grade: '1' }))
  ],
  [
    finding(600, '21', 'root_canal', 'existing', '', { note: '十年前外伤' }),
    finding(600, '21', 'crown', 'existing', '', { grade: 'metal_ceramic' }),
    finding(25, '21', 'periapical', 'needs', '', { grade: 'cyst', note: '唇侧可触及膨隆' }),
    finding(25, '22', 'percussion', 'needs', '', { grade: '1' }),
    finding(25, '36', 'filling', 'existing', 'MO', { grade: 'amalgam' })
  ],
  [
    finding(90, '46', 'filling', 'done', 'OD', { grade: 'composite' }),
    finding(14, '14', 'inlay', 'done', 'MO', { grade: 'ceramic' }),
    finding(14, '11', 'fracture', 'needs', 'I', { note: '摔伤，未露髓' })
  ]
];

const elderly: DemoFinding[][] = [
  [
    ...each('18 28 38 48 46', (tooth) => finding(1400, tooth, 'missing', 'existing')),
    finding(1400, '24', 'bridge_abutment', 'existing'),
    finding(1400, '25', 'bridge_pontic', 'existing'),
    finding(1400, '26', 'bridge_abutment', 'existing'),
    finding(700, '36', 'filling', 'existing', 'O', { grade: 'amalgam' }),
    finding(300, '45', 'root_canal', 'done'),
    finding(290, '45', 'crown', 'done', '', { grade: 'metal_ceramic' }),
    finding(40, '16', 'residual_root', 'needs'),
    ...each('31 41', (tooth) => finding(40, tooth, 'mobility', 'needs', '', { grade: '2' })),
    ...each('31 32 41 42', (tooth) => finding(40, tooth, 'recession', 'needs', '', { grade: '2' })),
    ...each('13 23', (tooth) => finding(40, tooth, 'wear', 'existing', 'I'))
  ],
  [
    ...each('17 18 27 28 36 37 38 46 47 48', (tooth) => finding(2000, tooth, 'missing', 'existing')),
    finding(200, '14', 'residual_root', 'needs'),
    finding(200, '35', 'wedge_defect', 'needs', 'B'),
    finding(200, '34', 'wedge_defect', 'needs', 'B'),
    finding(20, '33', 'caries', 'needs', 'DF', { grade: 'medium', note: '根面龋' }),
    ...each('31 32 41 42', (tooth) => finding(20, tooth, 'calculus', 'needs', '', { grade: '3' }))
  ]
];

/** About eight, mixed: first molars and incisors through, canines and premolars still under way. */
const schoolChild: DemoFinding[] = [
  ...each('13 14 15 17 18 23 24 25 27 28 33 34 35 37 38 43 44 45 47 48', (tooth) =>
    finding(150, tooth, 'unerupted', 'existing')
  ),
  ...each('51 52 61 62 71 72 81 82', (tooth) =>
    finding(150, tooth, 'missing', 'existing', '', { note: '已替换' })
  ),
  finding(200, '54', 'filling', 'done', 'O', { grade: 'composite' }),
  finding(200, '64', 'filling', 'done', 'OD', { grade: 'composite' }),
  ...each('16 26 36 46', (tooth) => finding(12, tooth, 'sealant', 'proposed', 'O')),
  finding(150, '85', 'crown', 'done', '', { grade: 'metal', note: '预成冠' }),
  finding(8, '55', 'caries', 'needs', 'O', { grade: 'medium' }),
  finding(8, '75', 'caries', 'needs', 'MO', { grade: 'deep' }),
  finding(8, '75', 'pulpitis', 'needs', '', { grade: 'irreversible', note: '夜间痛' })
];
/** About six: primary teeth, the lower incisors changing, first molars coming through. */
const preschoolChild: DemoFinding[] = [
  ...each('71 81', (tooth) => finding(90, tooth, 'missing', 'existing', '', { note: '已替换' })),
  ...each('16 26', (tooth) => finding(90, tooth, 'unerupted', 'existing')),
  finding(90, '54', 'caries', 'needs', 'O', { grade: 'superficial' }),
  finding(90, '84', 'filling', 'done', 'O', { grade: 'glass_ionomer' }),
  finding(90, '74', 'caries', 'needs', 'DO', { grade: 'medium' })
];

const orthodontic: DemoFinding[] = [
  ...each('18 28 38 48', (tooth) => finding(320, tooth, 'unerupted', 'existing')),
  ...each('14 24 34 44', (tooth) => finding(300, tooth, 'extraction', 'done', '', { note: '正畸减数' })),
  finding(320, '13', 'malposition', 'needs', '', { note: '唇向低位' }),
  finding(320, '23', 'malposition', 'needs', '', { note: '唇向低位' }),
  finding(320, '12', 'malposition', 'needs'),
  finding(60, '46', 'caries', 'needs', 'B', { grade: 'superficial', note: '托槽周围脱矿' })
];

const implant: DemoFinding[] = [
  finding(900, '36', 'residual_root', 'needs'),
  finding(820, '36', 'extraction', 'done'),
  finding(640, '36', 'implant', 'done', '', { note: '4.1×10 mm' }),
  finding(540, '36', 'crown', 'done', '', { grade: 'ceramic' }),
  finding(60, '46', 'missing', 'existing', '', { note: '缺失两年' }),
  finding(60, '46', 'implant', 'proposed'),
  finding(60, '47', 'malposition', 'needs', '', { note: '近中倾斜' }),
  finding(60, '26', 'filling', 'existing', 'O', { grade: 'amalgam' })
];

const periodontal: DemoFinding[] = [
  ...each('31 32 33 41 42 43', (tooth) => finding(45, tooth, 'calculus', 'needs', '', { grade: '3' })),
  ...each('16 26', (tooth) => finding(45, tooth, 'pocket', 'needs', '', { grade: '6' })),
  ...each('36 46', (tooth) => finding(45, tooth, 'pocket', 'needs', '', { grade: '7' })),
  ...each('31 41', (tooth) => finding(45, tooth, 'mobility', 'needs', '', { grade: '2' })),
  finding(45, '17', 'mobility', 'needs', '', { grade: '3' }),
  finding(45, '17', 'extraction', 'needs'),
  ...each('13 23 31 32 41 42', (tooth) => finding(45, tooth, 'recession', 'needs', '', { grade: '2' })),
  finding(45, '27', 'missing', 'existing')
];

/** A plausible chart for a patient of the demo world: the same seed, the same mouth. Notes are in Chinese. */
export function demoFindings({ mouth, index }: DemoSeed): DemoFinding[] {
  const pick = (variants: DemoFinding[][]) => variants[Math.abs(index) % variants.length]!;
  switch (mouth) {
    case 'adult':
      return pick(adults);
    case 'elderly':
      return pick(elderly);
    case 'child':
      return index % 2 === 0 ? schoolChild : preschoolChild;
    case 'orthodontic':
      return orthodontic;
    case 'implant':
      return implant;
    case 'periodontal':
      return periodontal;
  }
}
