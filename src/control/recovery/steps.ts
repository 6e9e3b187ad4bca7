/** The ready-made steps, as an application names them: `step.probeBreaker()`. */
import { callAgain } from './steps/call-again.ts';
import { escalate } from './steps/escalate.ts';
import { failOverTo } from './steps/fail-over-to.ts';
import { nextProvider } from './steps/next-provider.ts';
import { probeBreaker } from './steps/probe-breaker.ts';
import { restartChild } from './steps/restart-child.ts';
import { restoreCheckpoint } from './steps/restore-checkpoint.ts';

export const step = Object.freeze({
  probeBreaker,
  callAgain,
  nextProvider,
  failOverTo,
  restoreCheckpoint,
  restartChild,
  escalate,
});
