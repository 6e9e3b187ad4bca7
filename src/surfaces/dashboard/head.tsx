/** The head: whose runtime this is, how well it is, and whether what is shown is live. */
import type { Connection, Readings } from './live.ts';
import { duration, score } from './words.ts';

interface HeadProps {
  readonly readings: Readings;
  readonly connection: Connection;
  readonly wallMs: number;
}

export function Head({ readings, connection, wallMs }: HeadProps) {
  const runtime = readings.runtime['self'];
  const engine = readings.engine['self'];
  return (
    <header>
      <div class="who">
        <h1>{runtime?.name ?? 'holdfast'}</h1>
        <p>
          {runtime && `up ${duration(wallMs - runtime.startedWallMs)}`}
          {runtime?.degraded && <strong class="warn"> · running without a part that is down</strong>}
        </p>
        <p class="quiet">
          {engine && `${engine.kind} engine, ${engine.threads} ${engine.threads === 1 ? 'thread' : 'threads'}`}
          {runtime && (
            <>
              {' · policy '}
              <code>{runtime.policyHash}</code>
            </>
          )}
        </p>
      </div>
      <Health health={readings.health['system']} />
      <Level degradation={readings.degradation['self']} />
      <p class={`connection ${connection}`} role="status">
        {CONNECTION_WORDS[connection]}
      </p>
    </header>
  );
}

function Health({ health }: { readonly health: Readings['health'][string] | undefined }) {
  if (!health) return null;
  return (
    <section class={`health ${health.status}`} aria-label="Health">
      <output class="score" aria-label="score">
        {score(health.score)}
      </output>
      <div>
        <p class="status">{health.status}</p>
        <p class="quiet">
          {health.trend} · lowest {score(health.min)} · {health.counted} {health.counted === 1 ? 'breaker' : 'breakers'}{' '}
          counted
        </p>
      </div>
    </section>
  );
}

function Level({ degradation }: { readonly degradation: Readings['degradation'][string] | undefined }) {
  if (!degradation) return null;
  const { level, reason, by, override } = degradation;
  return (
    <section class={`level ${level}`} aria-label="Level">
      <p class="status">{level}</p>
      <p class="quiet">
        {override ? `held by ${override.by}: ${override.reason}` : by === null ? reason : `${by}: ${reason}`}
      </p>
    </section>
  );
}

const CONNECTION_WORDS: Readonly<Record<Connection, string>> = {
  connecting: 'connecting',
  live: 'live',
  waiting: 'reconnecting',
  closed: 'disconnected',
  keyless: 'no key',
};
