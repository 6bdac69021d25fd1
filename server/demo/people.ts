import type { MemberRole } from '#lib/kernel/actor.ts';
import type { Specialty } from '#lib/features/consults/consult.ts';

/** One password for all of the demo world; it is printed at the start and of no use elsewhere. */
export const demoPassword = 'consilium-demo';

export interface DemoPerson {
  email: string;
  name: string;
  role: MemberRole;
  title: string;
  specialty?: Specialty;
}

export interface DemoOrganisation {
  name: string;
  nameEn: string;
  kind: 'clinic' | 'hospital';
  people: DemoPerson[];
}

/** Nobody here is real. */
export const demoClinic: DemoOrganisation = {
  name: '清河镇口腔门诊',
  nameEn: 'Qinghe Town Dental Clinic',
  kind: 'clinic',
  people: [
    { email: 'li@qinghe.demo', name: '李明', role: 'dentist', title: '执业医师' },
    { email: 'zhou@qinghe.demo', name: '周敏', role: 'nurse', title: '护士' },
    { email: 'he@qinghe.demo', name: '何芳', role: 'receptionist', title: '前台' },
    { email: 'chen@qinghe.demo', name: '陈建国', role: 'owner', title: '负责人' }
  ]
};

export const demoHospital: DemoOrganisation = {
  name: '市口腔医院',
  nameEn: 'City Stomatological Hospital',
  kind: 'hospital',
  people: [
    {
      email: 'wang@hospital.demo',
      name: '王志远',
      role: 'expert',
      title: '主任医师',
      specialty: 'endodontics'
    },
    {
      email: 'sun@hospital.demo',
      name: '孙雅琴',
      role: 'expert',
      title: '副主任医师',
      specialty: 'endodontics'
    },
    {
      email: 'liu@hospital.demo',
      name: '刘思敏',
      role: 'expert',
      title: '副主任医师',
      specialty: 'orthodontics'
    },
    {
      email: 'zhao@hospital.demo',
      name: '赵刚',
      role: 'expert',
      title: '主任医师',
      specialty: 'oral-surgery'
    }
  ]
};

/** For a meeting of more than two. */
export const demoCentre: DemoOrganisation = {
  name: '省口腔医学中心',
  nameEn: 'Provincial Oral Health Centre',
  kind: 'hospital',
  people: [
    {
      email: 'lin@centre.demo',
      name: '林婉清',
      role: 'expert',
      title: '主任医师',
      specialty: 'periodontics'
    }
  ]
};

export interface DemoPatient {
  name: string;
  sex: 'female' | 'male';
  /** Years old today, so that the demo does not age. */
  age: number;
  phone: string;
  /** What the chart and plan generators make of the mouth. */
  mouth: 'adult' | 'elderly' | 'child' | 'orthodontic' | 'implant' | 'periodontal';
  allergies?: { label: string; detail: string; severity: 'low' | 'high' }[];
  conditions?: { label: string; code: string; detail: string }[];
  medications?: { label: string; detail: string }[];
  /** Days ago and text. */
  notes?: [daysAgo: number, text: string, teeth?: string[]][];
}

export const demoPatients: DemoPatient[] = [
  {
    name: '王秀英',
    sex: 'female',
    age: 67,
    phone: '13800001234',
    mouth: 'elderly',
    allergies: [{ label: '青霉素', detail: '皮疹、喉头水肿(2009)', severity: 'high' }],
    conditions: [
      { label: '高血压', code: 'I10', detail: '服药控制,近期 138/82 mmHg' },
      { label: '2 型糖尿病', code: 'E11.9', detail: '糖化血红蛋白 7.1 %(上月)' }
    ],
    medications: [
      { label: '苯磺酸氨氯地平', detail: '5 mg 每日一次' },
      { label: '二甲双胍', detail: '500 mg 每日两次' }
    ],
    notes: [
      [2, '左下后牙咬物痛一周,夜间加重。36 叩痛(+),冷测迟钝,根尖区牙龈轻度红肿。建议拍全景片。', ['36']],
      [190, '36 咬合面充填三年,今复查边缘完整,无不适。', ['36']],
      [420, '全口洁治,口腔卫生宣教。']
    ]
  },
  {
    name: '张伟',
    sex: 'male',
    age: 41,
    phone: '13800002345',
    mouth: 'adult',
    conditions: [{ label: '慢性牙周炎', code: 'K05.3', detail: '维护期' }],
    notes: [[35, '右上后牙食物嵌塞,16 远中邻面可疑龋。', ['16']]]
  },
  {
    name: '刘子涵',
    sex: 'female',
    age: 8,
    phone: '13800003456',
    mouth: 'child',
    notes: [
      [12, '六龄牙萌出,窝沟深,建议窝沟封闭。母亲陪同,配合良好。', ['16', '26', '36', '46']],
      [200, '54、64 树脂充填完成。', ['54', '64']]
    ]
  },
  {
    name: '陈思宇',
    sex: 'male',
    age: 14,
    phone: '13800004567',
    mouth: 'orthodontic',
    allergies: [{ label: '镍', detail: '接触性皮炎', severity: 'low' }],
    notes: [[28, '正畸第 6 次复诊,上颌更换 0.016 镍钛丝前已核对过敏史,改用无镍弓丝。']]
  },
  {
    name: '赵国强',
    sex: 'male',
    age: 58,
    phone: '13800005678',
    mouth: 'implant',
    conditions: [{ label: '冠心病,支架术后', code: 'I25.1', detail: '2021 年置入支架 1 枚' }],
    medications: [
      { label: '阿司匹林', detail: '100 mg 每日一次,勿自行停药' },
      { label: '阿托伐他汀', detail: '20 mg 每晚一次' }
    ],
    notes: [[60, '46 缺失两年,咨询种植。已请心内科会诊抗血小板用药。', ['46']]]
  },
  {
    name: '孙丽华',
    sex: 'female',
    age: 49,
    phone: '13800006789',
    mouth: 'periodontal',
    conditions: [{ label: '广泛型慢性牙周炎', code: 'K05.3', detail: 'III 期 B 级' }],
    notes: [[16, '龈下刮治右侧完成,两周后左侧。']]
  },
  {
    name: '周建军',
    sex: 'male',
    age: 35,
    phone: '13800007890',
    mouth: 'adult',
    notes: [[5, '38 阻生,反复冠周炎,转诊评估拔除。', ['38']]]
  },
  {
    name: '吴桂兰',
    sex: 'female',
    age: 76,
    phone: '13800008901',
    mouth: 'elderly',
    allergies: [{ label: '碘伏', detail: '局部红肿', severity: 'low' }],
    conditions: [{ label: '骨质疏松', code: 'M81.0', detail: '每年一次唑来膦酸,警惕颌骨坏死' }],
    medications: [{ label: '唑来膦酸', detail: '5 mg 每年一次,末次三个月前' }],
    notes: [[9, '下颌活动义齿压痛,调改后缓解。']]
  },
  {
    name: '郑浩然',
    sex: 'male',
    age: 23,
    phone: '13800009012',
    mouth: 'adult',
    notes: [[44, '定期检查,洁治。']]
  },
  {
    name: '冯雨桐',
    sex: 'female',
    age: 29,
    phone: '13800010123',
    mouth: 'adult',
    conditions: [{ label: '妊娠 22 周', code: 'Z33', detail: '避免非必要 X 线检查' }],
    notes: [[7, '妊娠期龈炎,口腔卫生指导。']]
  },
  { name: '何俊杰', sex: 'male', age: 31, phone: '13800011234', mouth: 'adult' },
  { name: '林小雨', sex: 'female', age: 6, phone: '13800012345', mouth: 'child', notes: [[90, '涂氟。']] }
];
