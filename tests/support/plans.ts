import type { Logger as QueryLogger } from 'drizzle-orm/logger';
import { drizzle } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import type { Database } from '#lib/features/tenancy/call.ts';

export interface Statement {
  text: string;
  params: unknown[];
}

/** A pool of one connection that keeps what it was asked, to be explained afterwards. */
export function recordingDatabase(url: string): {
  db: Database;
  statements: Statement[];
  end: () => Promise<void>;
} {
  const pool = new pg.Pool({ connectionString: url, max: 1 });
  const statements: Statement[] = [];
  const logger: QueryLogger = { logQuery: (text, params) => void statements.push({ text, params }) };
  return { db: drizzle(pool, { logger }), statements, end: () => pool.end() };
}

export interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Parent Relationship'?: string;
  'Subplan Name'?: string;
  Plans?: PlanNode[];
  [key: string]: unknown;
}

/**
 * The plans of the reading statements among `statements`, made by the same role in a transaction with the same
 * settings. What writes is left out; what sets the tenant is done.
 */
export async function explain(
  url: string,
  statements: readonly Statement[]
): Promise<{ text: string; plan: PlanNode }[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const plans: { text: string; plan: PlanNode }[] = [];
    await client.query('begin');
    for (const { text, params } of statements) {
      if (/^select set_config/i.test(text)) await client.query(text, params);
      else if (/^\s*(select|with)\b/i.test(text) && !/audit_append|pg_notify|next_number/.test(text)) {
        const { rows } = await client.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
          `explain (format json, verbose) ${text}`,
          params
        );
        plans.push({ text, plan: rows[0]!['QUERY PLAN'][0]!.Plan });
      }
    }
    await client.query('rollback');
    return plans;
  } finally {
    await client.end();
  }
}

const conditions = ['Filter', 'Index Cond', 'Recheck Cond', 'Join Filter', 'Hash Cond', 'One-Time Filter'];

/**
 * What in a plan grows with the table: a large table read from end to end, and what is worked out for each row: a
 * setting read by a function, or a sub-select that is not hashed.
 */
export function costlyParts(plan: PlanNode, large: ReadonlySet<string>): string[] {
  const found: string[] = [];
  const visit = (node: PlanNode) => {
    const table = node['Relation Name'];
    if (node['Node Type'] === 'Seq Scan' && table && large.has(table)) found.push(`reads all of ${table}`);
    for (const name of conditions) {
      const text = node[name];
      if (typeof text !== 'string') continue;
      if (/\bapp_\w+\(|current_setting/.test(text))
        found.push(`${table ?? ''}: a function for each row: ${text}`);
      if (/(?<!hashed )\bSubPlan \d/.test(text))
        found.push(`${table ?? ''}: a sub-select for each row: ${text}`);
    }
    for (const child of node.Plans ?? []) visit(child);
  };
  visit(plan);
  return found;
}
