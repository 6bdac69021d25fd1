import { csvCell } from '#lib/kernel/csv.ts';
import { qualityFilter } from '#lib/features/consults/call-quality-input.ts';
import { readCallQuality } from '#lib/features/consults/call-quality.server.ts';
import { groupingText, groupText, qualityColumns } from '#lib/features/consults/call-quality-words.ts';
import { qualityGroupings } from '#lib/features/consults/call-quality.ts';
import { m } from '#lib/paraglide/messages.js';
import { answered, csvFile, givenIn, parsed, staffApiCall } from '../../edge.server.ts';
import type { RequestHandler } from './$types';

/** [CN-63] What the page of call quality shows, as CSV: times in ms, shares 0 to 1. */
export const GET: RequestHandler = ({ locals, url }) =>
  answered(async () => {
    const call = staffApiCall(locals);
    const { groups } = await readCallQuality(call, parsed(qualityFilter, givenIn(url)));
    const lines = [
      [m.organisation_quality_by(), '', ...qualityColumns.map(({ head }) => head())],
      ...qualityGroupings.flatMap((by) =>
        groups[by].map((group) => [
          ...[groupingText[by](), groupText(by, group.key)],
          ...qualityColumns.map(({ value }) => rounded(value(group)))
        ])
      )
    ];
    // The mark by which spreadsheets know UTF-8.
    const text = `\ufeff${lines.map((cells) => cells.map(csvCell).join(',')).join('\r\n')}\r\n`;
    return csvFile('call-quality', call, text);
  });

const rounded = (value: number | null) => value && Math.round(value * 10_000) / 10_000;
