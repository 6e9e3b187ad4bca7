/** `holdfast charts`: the statecharts the library runs on, as one line each or as Mermaid in Markdown. */
import { charts, type Chart } from '../../../index.ts';
import { mermaid } from './mermaid.ts';

export interface ChartsOptions {
  readonly mermaid: boolean;
}

export function printCharts(options: ChartsOptions): void {
  process.stdout.write(`${chartsText(options)}\n`);
}

/** What DESIGN.md holds, as it is to be pasted there. */
export function chartsText(options: ChartsOptions): string {
  return charts()
    .map(options.mermaid ? inMarkdown : inOneLine)
    .join(options.mermaid ? '\n\n' : '\n');
}

function inMarkdown(chart: Chart): string {
  return `### ${chart.id}\n\n\`\`\`mermaid\n${mermaid(chart)}\n\`\`\``;
}

/** shape  'breaker: closed open halfOpen forcedOpen disabled metricsOnly stopped' */
function inOneLine({ id, states }: Chart): string {
  return `${id}: ${states.map(({ path }) => path).join(' ')}`;
}
