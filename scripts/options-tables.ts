/**
 * Writes the tables of options in README.md: bounds and defaults from the schemas, sentences from the comments beside
 * them. A test holds README to what this makes; run it after a change of an options.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { emailOptions } from '../src/control/alerts/channels/email.ts';
import { pagerDutyOptions } from '../src/control/alerts/channels/pager-duty.ts';
import { slackOptions } from '../src/control/alerts/channels/slack.ts';
import { webhookOptions } from '../src/control/alerts/channels/webhook.ts';
import { alertsOptions } from '../src/control/alerts/options.ts';
import { alertRule, changeOfBound } from '../src/control/alerts/rule-options.ts';
import { degradationOptions } from '../src/control/degradation/options.ts';
import { featureOptions } from '../src/control/flags/options.ts';
import { checkOptions } from '../src/control/health/checks.ts';
import { healthOptions } from '../src/control/health/options.ts';
import { providersOptions, recoveryOptions, recoveryPolicy, recoveryRule } from '../src/control/recovery/options.ts';
import type { z } from '../src/core/schema.ts';
import { cloudEventsSinkOptions } from '../src/durable/metering/cloud-events-sink.ts';
import { meteringOptions } from '../src/durable/metering/options.ts';
import { keyedBreakerOptions, soloBreakerOptions } from '../src/policies/breaker/options.ts';
import { bulkheadOptions } from '../src/policies/bulkhead/options.ts';
import { rateLimitOptions } from '../src/policies/rate-limit/options.ts';
import { retryOptions } from '../src/policies/retry/options.ts';
import { pipelineOptions } from '../src/policies/options.ts';
import { storeOptions } from '../src/storage-options.ts';

interface Table {
  readonly schema: z.ZodObject;
  readonly source: string | readonly string[];
  /** Of the schema's options; default: all. */
  readonly only?: readonly string[];
}

const RECOVERY = 'src/control/recovery/options.ts';
const ALERTS = 'src/control/alerts/options.ts';
const RULES = 'src/control/alerts/rule-options.ts';
const CHANNELS = 'src/control/alerts/channels';
const ofChannel = (name: string): readonly string[] => [`${CHANNELS}/channel-shape.ts`, `${CHANNELS}/${name}.ts`];

const TABLES: Readonly<Record<string, Table>> = {
  pipeline: { schema: pipelineOptions, source: 'src/policies/options.ts' },
  timeout: { schema: pipelineOptions, source: 'src/policies/options.ts', only: ['timeoutMs', 'totalTimeoutMs'] },
  fallback: { schema: pipelineOptions, source: 'src/policies/options.ts', only: ['fallback', 'classify'] },
  breaker: { schema: soloBreakerOptions, source: 'src/policies/breaker/options.ts' },
  keyedBreaker: { schema: keyedBreakerOptions, source: 'src/policies/breaker/options.ts', only: ['maxKeys'] },
  retry: { schema: retryOptions, source: 'src/policies/retry/options.ts' },
  bulkhead: { schema: bulkheadOptions, source: 'src/policies/bulkhead/options.ts' },
  metering: { schema: meteringOptions, source: 'src/durable/metering/options.ts' },
  cloudEventsSink: { schema: cloudEventsSinkOptions, source: 'src/durable/metering/cloud-events-sink.ts' },
  check: { schema: checkOptions, source: 'src/control/health/checks.ts' },
  health: { schema: healthOptions, source: 'src/control/health/options.ts' },
  rateLimit: { schema: rateLimitOptions, source: 'src/policies/rate-limit/options.ts' },
  degradation: { schema: degradationOptions, source: 'src/control/degradation/options.ts' },
  feature: { schema: featureOptions, source: 'src/control/flags/options.ts' },
  recovery: { schema: recoveryOptions, source: RECOVERY },
  rule: { schema: recoveryRule, source: RECOVERY },
  policy: { schema: recoveryPolicy, source: RECOVERY },
  providers: { schema: providersOptions, source: RECOVERY },
  store: { schema: storeOptions, source: 'src/storage-options.ts' },
  alerts: { schema: alertsOptions, source: ALERTS },
  alertRule: { schema: alertRule, source: RULES, only: ['name', 'severity', 'when'] },
  rules: { schema: changeOfBound, source: RULES },
  pagerDuty: { schema: pagerDutyOptions, source: ofChannel('pager-duty') },
  slack: { schema: slackOptions, source: ofChannel('slack') },
  webhook: { schema: webhookOptions, source: ofChannel('webhook') },
  email: { schema: emailOptions, source: ofChannel('email') },
};

/** README with every table as the schemas have it, between `<!-- options: NAME -->` and `<!-- /options -->`. */
export function withTables(readme: string): string {
  return readme.replaceAll(
    /(<!-- options: (\w+) -->\n).*?(<!-- \/options -->)/gs,
    (_, begin: string, name: string, end: string) => `${begin}\n${tableOf(TABLES[name]!)}\n\n${end}`,
  );
}

function tableOf({ schema, source, only }: Table): string {
  const sources = [source].flat().map((file) => readFileSync(file, 'utf8'));
  const sentences = sentencesOf(sources.join('\n'));
  const options = Object.entries(schema.shape).filter(([key]) => only?.includes(key) ?? true);
  const rows = rowsOf(options, '', sentences);
  return ['| option | is | takes | default |', '|---|---|---|---|', ...rows].join('\n');
}

type Option = readonly [key: string, option: unknown];

function rowsOf(options: readonly Option[], prefix: string, sentences: ReadonlyMap<string, string>): string[] {
  return options.flatMap(([key, option]) => {
    const inner = groupIn(option as z.ZodType);
    const name = `${prefix}${key}`;
    const takes = inner === undefined ? expectedBy(option as z.ZodType) : 'a group';
    const cells = [`\`${name}\``, sentences.get(key) ?? '', takes, inner ? '' : defaultOf(option as z.ZodType)];
    const row = `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
    return inner !== undefined && !(key in TABLES)
      ? [row, ...rowsOf(Object.entries(inner.shape), `${name}.`, sentences)]
      : [row];
  });
}

/** The sentence of the comment above each key. Keys of one file mean one thing. */
function sentencesOf(source: string): ReadonlyMap<string, string> {
  const pairs = source.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\n\s+(\w+):/gs);
  return new Map(
    [...pairs].map(([, comment = '', key = '']) => [key, comment.replaceAll(/\s*\n\s*\*\s*|\s+/g, ' ').trim()]),
  );
}

/** What the schema says it expects, asked with something nobody expects. */
function expectedBy(option: z.ZodType): string {
  return option.safeParse(Symbol('nothing')).error?.issues[0]?.message ?? '';
}

function defaultOf(option: z.ZodType): string {
  const value = option.safeParse(undefined).data;
  return value === undefined ? 'none' : `\`${JSON.stringify(value)}\``;
}

/** The group of options inside of defaults, transforms and optionals; a union is not one. */
function groupIn(option: z.ZodType): z.ZodObject | undefined {
  const { def } = option as unknown as { readonly def: { type: string; innerType?: z.ZodType; in?: z.ZodType } };
  if (def.type === 'object') return option as z.ZodObject;
  const next = def.innerType ?? def.in;
  return next === undefined ? undefined : groupIn(next);
}

if (import.meta.main) writeFileSync('README.md', withTables(readFileSync('README.md', 'utf8')));
