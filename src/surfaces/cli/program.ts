/** The door to commander: commands, options and their words. What a command does is in its own folder. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { isHoldfastError } from '../../index.ts';
import { printCharts, type ChartsOptions } from './charts/print-charts.ts';
import { runDemo, type DemoOptions } from './demo/run-demo.ts';

/** out  the exit code: 0 done, 1 could not */
export async function runProgram(args: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode; // commander has said it
    process.stderr.write(`holdfast: ${explain(error)}\n`);
    return 1;
  }
}

function program(): Command {
  const holdfast = new Command('holdfast')
    .description(
      'A resilience runtime for Node.js: breakers, timeouts, fallbacks, health and metering in your process.',
    )
    .exitOverride();
  holdfast
    .command('demo')
    .description(
      'See it at work: four HTTP servers with troubles of their own, a stream of real calls through pipelines, ' +
        'and a page that shows every breaker as it opens and recovers.',
    )
    .option('-s, --seconds <n>', 'end by itself after so many seconds', wholeNumber(1, 86_400))
    .option('-p, --port <n>', 'port of the page, on 127.0.0.1; 0 lets the system choose', wholeNumber(0, 65_535), 7433)
    .option('--store <file>', 'keep what happens in this file, and go on where its last run ended')
    .option('--json', 'when it ends, print what happened as one line of JSON, the last of stdout', false)
    .addHelpText('after', '\nThe page’s address carries its key; Ctrl-C ends the demo.\n')
    .action((options: DemoOptions) => runDemo(options));
  holdfast
    .command('charts')
    .description('The statecharts that everything here runs on.')
    .option('--mermaid', 'as Mermaid state diagrams in Markdown, for documents', false)
    .action((options: ChartsOptions) => printCharts(options));
  return holdfast;
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

function explain(error: unknown): string {
  if (!isHoldfastError(error)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  const { code, message } = error as Error & { readonly code: string };
  return code === 'LISTEN_FAILED'
    ? `${message}\nChoose another port with --port <n>; --port 0 takes a free one.`
    : message;
}
