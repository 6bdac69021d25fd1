import type { DemoSeed } from '#lib/features/odontogram/demo.ts';
import { parseTooth, parseSurfaces } from '#lib/features/odontogram/teeth.ts';
import type { ItemStatus, PlanItemDraft } from './plan.ts';
import { usualVisits, type ProcedureCode } from './procedures.ts';

/** A plan of the demo world, some of it already done, and how many days before now it was agreed. */
export interface DemoPlan {
  title: string;
  phases: { title: string; items: (PlanItemDraft & { status?: ItemStatus })[] }[];
  daysAgo: number;
}

interface More {
  surfaces?: string;
  visits?: number;
  note?: string;
  status?: ItemStatus;
}

function item(
  tooth: string | null,
  procedure: ProcedureCode,
  more: More = {}
): DemoPlan['phases'][number]['items'][number] {
  const usual = usualVisits(procedure, tooth);
  return {
    tooth,
    surfaces: tooth && more.surfaces ? parseSurfaces(parseTooth(tooth), more.surfaces.split('')) : [],
    procedure,
    visits: more.visits ?? usual.visits,
    minutes: usual.minutes,
    priceMinor: null,
    note: more.note ?? '',
    status: more.status ?? 'planned'
  };
}

const elderly: DemoPlan[] = [
  {
    title: '16 残根拔除及右上后牙修复',
    daysAgo: 40,
    phases: [
      {
        title: '基础治疗',
        items: [
          item(null, 'scaling', { status: 'done' }),
          item('16', 'extraction', { note: '术前测血压、血糖；青霉素过敏' })
        ]
      },
      { title: '修复', items: [item(null, 'partial_denture', { note: '拔牙后 2–3 个月' })] }
    ]
  }
];

const elderlyDenture: DemoPlan[] = [
  {
    title: '下颌活动义齿重做',
    daysAgo: 20,
    phases: [
      {
        title: '基础治疗',
        items: [
          item('33', 'filling', { surfaces: 'DF' }),
          item('14', 'extraction', { note: '正使用唑来膦酸：拔除前请会诊，警惕颌骨坏死' })
        ]
      },
      { title: '修复', items: [item(null, 'partial_denture')] }
    ]
  }
];

const child: DemoPlan[] = [
  {
    title: '龋病治疗与预防',
    daysAgo: 12,
    phases: [
      {
        title: '急症',
        items: [item('75', 'pulpotomy'), item('75', 'preformed_crown')]
      },
      {
        title: '预防',
        items: [
          item('16', 'sealant', { surfaces: 'O' }),
          item('26', 'sealant', { surfaces: 'O' }),
          item('36', 'sealant', { surfaces: 'O' }),
          item('46', 'sealant', { surfaces: 'O' }),
          item(null, 'fluoride', { visits: 2, note: '每半年一次' })
        ]
      }
    ]
  }
];

const orthodontic: DemoPlan[] = [
  {
    title: '拥挤，减数固定矫治',
    daysAgo: 320,
    phases: [
      {
        title: '准备',
        items: [
          item(null, 'ortho_records', { status: 'done' }),
          item('14', 'extraction', { status: 'done' }),
          item('24', 'extraction', { status: 'done' }),
          item('34', 'extraction', { status: 'done' }),
          item('44', 'extraction', { status: 'done' })
        ]
      },
      {
        title: '矫治',
        items: [
          item(null, 'ortho_fixed', { status: 'in-progress', note: '镍过敏：全程使用无镍弓丝' }),
          item('46', 'filling', { surfaces: 'B' })
        ]
      },
      { title: '保持', items: [item(null, 'ortho_retention')] }
    ]
  }
];

const implant: DemoPlan[] = [
  {
    title: '46 种植修复',
    daysAgo: 58,
    phases: [
      {
        title: '术前',
        items: [
          item(null, 'scaling', { status: 'done' }),
          item('46', 'radiograph', { status: 'done', note: 'CBCT' })
        ]
      },
      {
        title: '手术',
        items: [
          item('46', 'implant_placement', { note: '服阿司匹林，不停药；请心内科意见' }),
          item('46', 'suture_removal'),
          item('46', 'implant_uncovering', { note: '术后 3 个月' })
        ]
      },
      { title: '修复', items: [item('46', 'implant_crown')] }
    ]
  },
  {
    title: '36 种植修复',
    daysAgo: 700,
    phases: [
      { title: '手术', items: [item('36', 'implant_placement', { status: 'done' })] },
      { title: '修复', items: [item('36', 'implant_crown', { status: 'done' })] }
    ]
  }
];

const periodontal: DemoPlan[] = [
  {
    title: '牙周系统治疗',
    daysAgo: 45,
    phases: [
      {
        title: '基础治疗',
        items: [
          item(null, 'hygiene_instruction', { status: 'done' }),
          item(null, 'scaling', { status: 'done' }),
          item(null, 'root_planing', { status: 'in-progress', note: '右侧已完成' }),
          item('17', 'extraction')
        ]
      },
      { title: '再评估', items: [item(null, 'follow_up', { note: '基础治疗后 6–8 周' })] },
      { title: '维护', items: [item(null, 'periodontal_maintenance', { note: '每 3 个月' })] }
    ]
  }
];

/** Adults by variant; most have no plan yet, as in life. */
const adults: DemoPlan[][] = [
  [],
  [
    {
      title: '16 充填与楔状缺损治疗',
      daysAgo: 34,
      phases: [
        {
          title: '',
          items: [
            item(null, 'scaling', { status: 'done' }),
            item('16', 'filling', { surfaces: 'OD' }),
            item('24', 'filling', { surfaces: 'B' }),
            item('25', 'filling', { surfaces: 'B' })
          ]
        }
      ]
    }
  ],
  [],
  [],
  [
    {
      title: '21 根尖囊肿治疗',
      daysAgo: 24,
      phases: [
        { title: '评估', items: [item('21', 'radiograph', { note: 'CBCT', status: 'done' })] },
        {
          title: '治疗',
          items: [item('21', 'root_canal_retreatment'), item('21', 'apical_surgery')]
        },
        { title: '随访', items: [item('21', 'follow_up', { visits: 2, note: '术后 3、12 个月' })] }
      ]
    }
  ],
  []
];

/** Plans that fit the mouth `demoFindings` draws for the same seed. Titles and notes are in Chinese. */
export function demoPlans({ mouth, index }: DemoSeed): DemoPlan[] {
  switch (mouth) {
    case 'adult':
      return adults[Math.abs(index) % adults.length]!;
    case 'elderly':
      return Math.abs(index) % 2 === 0 ? elderly : elderlyDenture;
    case 'child':
      return index % 2 === 0 ? child : [];
    case 'orthodontic':
      return orthodontic;
    case 'implant':
      return implant;
    case 'periodontal':
      return periodontal;
  }
}
