import { crc32, deflateSync } from 'node:zlib';
import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { describe, expect, it } from 'vitest';
import type { BoardDocument, OpinionDocument } from '#lib/kernel/ports.ts';
import { createPdfRenderer } from '../../server/adapters/pdf.ts';

const renderer = createPdfRenderer();

const opinion: OpinionDocument = {
  locale: 'zh-CN',
  organisation: '清河镇口腔门诊',
  consultNumber: 'HZ-2026-00017',
  patient: { name: '王秀英', sex: '女', birthDate: '1959-03-01', number: 'QH-00231' },
  question: '36 能否保留？是否需要根管治疗？',
  teeth: ['36', '37'],
  findings: [{ tooth: '36', text: '深龋，累及 O、D 面；叩痛（+）。' }],
  diagnosis: '36 慢性根尖周炎（K04.5）',
  opinion: '36 牙体可保留，建议根管治疗。',
  advice: '避免患侧咬硬物。',
  plan: [{ phase: '控制感染', items: [{ tooth: '36', text: '根管治疗', visits: 3 }] }],
  images: [{ label: '全景片', date: '2026-11-20', sopInstanceUid: '1.2.826.0.1.3680043.10.1234.4' }],
  boardPng: null,
  author: { name: '陈海峰', title: '主任医师', organisation: '市口腔医院' },
  signedAt: '2026-11-22T08:30:00Z',
  timeZone: 'Asia/Shanghai',
  digest: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  draft: false
};

/** Read back with another implementation: what a person could select and copy. */
async function read(over: Partial<OpinionDocument> = {}) {
  return readBack(await renderer.opinion({ ...opinion, ...over }));
}

async function readBack(bytes: Uint8Array) {
  const task = getDocument({ data: bytes, useSystemFonts: false, verbosity: 0 });
  const pdf = await task.promise;
  const pages: string[] = [];
  const roles = new Set<string>();
  for (let number = 1; number <= pdf.numPages; number++) {
    const page = await pdf.getPage(number);
    const content = await page.getTextContent();
    pages.push(content.items.map((item) => ('str' in item ? item.str : '')).join(''));
    const walk = (node: unknown): void => {
      if (typeof node !== 'object' || node === null) return;
      if ('role' in node) roles.add(String(node.role));
      if ('children' in node && Array.isArray(node.children)) node.children.forEach(walk);
    };
    walk(await page.getStructTree());
  }
  const metadata = await pdf.getMetadata();
  await task.destroy();
  return { pages, text: pages.join('\n'), info: metadata.info as Record<string, unknown>, roles };
}

function png(width: number, height: number, { alpha = false, damaged = false } = {}): Uint8Array {
  const chunk = (type: string, data: Buffer) => {
    const named = Buffer.concat([Buffer.from(type), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head[8] = 8;
  head[9] = alpha ? 6 : 2;
  const pixels = deflateSync(Buffer.alloc((width * (alpha ? 4 : 3) + 1) * height, 0));
  if (damaged) pixels.fill(0xff, 8, 20);
  return new Uint8Array(
    Buffer.concat([
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
      chunk('IHDR', head),
      chunk('IDAT', pixels),
      chunk('IEND', Buffer.alloc(0))
    ])
  );
}

describe('the opinion as PDF', () => {
  it('carries everything as text that can be selected, Chinese right', async () => {
    const { text, pages } = await read();
    for (const part of [
      '口腔会诊意见书',
      '王秀英',
      '1959-03-01',
      'QH-00231',
      'HZ-2026-00017',
      '36 能否保留？是否需要根管治疗？',
      '36、37',
      '深龋，累及 O、D 面；叩痛（+）。',
      '36 慢性根尖周炎（K04.5）',
      '避免患侧咬硬物。',
      '控制感染',
      '1.2.826.0.1.3680043.10.1234.4',
      '陈海峰 · 主任医师 · 市口腔医院',
      '2026年11月22日 16:30 (Asia/Shanghai)',
      opinion.digest,
      `${pages.length}/${pages.length}`
    ])
      expect(text).toContain(part);
    expect(text).not.toContain('草稿');
  });

  it('speaks English with English labels, and keeps what was typed', async () => {
    const { text } = await read({ locale: 'en', organisation: 'Qinghe' });
    expect(text).toContain('Dental consult opinion');
    expect(text).toContain('Treatment plan');
    expect(text).toContain('王秀英');
    expect(text).not.toContain('会诊编号');
  });

  it('is tagged, titled and tells its language, without the patient in the metadata', async () => {
    const { info, roles } = await read();
    for (const role of ['Document', 'H1', 'H2', 'P', 'Table', 'TR', 'TH', 'TD'])
      expect(roles).toContain(role);
    expect(info['Language']).toBe('zh-CN');
    expect(info['Title']).toBe('口腔会诊意见书 HZ-2026-00017');
    expect(JSON.stringify(info)).not.toContain('王秀英');
  });

  it('says DRAFT across every page while not signed, and no digest', async () => {
    const { text, pages } = await read({ draft: true, digest: '', opinion: '长'.repeat(4000) });
    expect(pages.length).toBeGreaterThan(2);
    for (const page of pages) expect(page).toContain('草稿');
    expect(text).toContain('尚未签署');
    expect(text).not.toContain('SHA-256');
  });

  it('flows long text over pages, each naming patient and consult, losing nothing', async () => {
    const long = Array.from({ length: 300 }, (_, i) => `第${i}句，根管治疗后随访记录。`).join('');
    const { pages } = await read({ opinion: long });
    expect(pages.length).toBeGreaterThan(2);
    for (const [i, page] of pages.entries()) {
      expect(page).toContain('王秀英');
      expect(page).toContain('HZ-2026-00017');
      expect(page).toContain(`${i + 1}/${pages.length}`);
    }
    const flat = pages.join('');
    for (let i = 0; i < 300; i += 37) expect(flat.replaceAll(/\s/g, '')).toContain(`第${i}句`);
  });

  it('shows markup as text, rare characters as they are, and □ with its code for what no font has', async () => {
    const { text } = await read({ advice: '<script>alert(1)</script> & "x"', question: '㐀䶮齲𬌗 🦷👨‍👩‍👧 𠮷' });
    expect(text).toContain('<script>alert(1)</script> & "x"');
    expect(text).toContain('㐀䶮齲𬌗 □□ □');
    expect(text).toContain('U+20BB7');
    expect(text).toContain('U+1F9B7');
  });

  it('places the board, and says so where its picture is no picture', async () => {
    const plain = await read({ boardPng: png(1600, 900) });
    expect(plain.roles).toContain('Figure');
    const transparent = await read({ boardPng: png(300, 200, { alpha: true }) });
    expect(transparent.roles).toContain('Figure');
    for (const broken of [
      new Uint8Array([1, 2, 3]),
      png(300, 200, { alpha: true }).slice(0, -20),
      png(300, 200, { alpha: true, damaged: true })
    ])
      expect((await read({ boardPng: broken })).text).toContain('白板图像无法显示');
  });

  it('survives an empty opinion and a finding longer than a page', async () => {
    const { text, pages } = await read({
      question: '',
      diagnosis: '',
      advice: '',
      findings: [{ tooth: '36', text: '很长的所见。'.repeat(600) }],
      plan: [],
      images: []
    });
    expect(text).toContain('未填写');
    expect(pages.length).toBeGreaterThan(1);
  });

  it('makes the same bytes from the same opinion', async () => {
    const [one, two] = await Promise.all([renderer.opinion(opinion), renderer.opinion(opinion)]);
    expect(Buffer.from(one).equals(Buffer.from(two))).toBe(true);
  });
});

describe('pictures of a board as PDF', () => {
  const board: BoardDocument = {
    locale: 'zh-CN',
    organisation: opinion.organisation,
    consultNumber: opinion.consultNumber,
    patient: opinion.patient,
    by: '李明',
    at: '2026-11-22T08:30:00Z',
    timeZone: 'Asia/Shanghai',
    pages: [
      { title: '白板', png: png(1600, 900) },
      { title: '全景片 · 2026-11-20', png: png(400, 1600) }
    ]
  };

  it('[CN-28] each picture has a page, under whose it is, with its number, who took it out and when', async () => {
    const { pages, info, roles } = await readBack(await renderer.board(board));
    expect(pages).toHaveLength(2);
    for (const [i, text] of pages.entries()) {
      for (const part of ['王秀英', '女', '1959-03-01', 'QH-00231', 'HZ-2026-00017', '李明', '16:30'])
        expect(text).toContain(part);
      expect(text).toContain(`${i + 1}/2`);
    }
    expect(pages[1]).toContain('全景片 · 2026-11-20');
    expect(roles).toContain('Figure');
    expect(JSON.stringify(info)).not.toContain('王秀英');
  });

  it('[CN-28] a page that is no whole picture is refused', async () => {
    const pages = [{ title: 'x', png: png(300, 200, { alpha: true, damaged: true }) }];
    await expect(renderer.board({ ...board, pages })).rejects.toMatchObject({ code: 'file_not_an_image' });
  });
});
