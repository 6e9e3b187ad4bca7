/** A request to a supervisor, as a promise that always settles. */
import type { AnyActorRef } from 'xstate';
import { HoldfastError } from '../src/core/errors.ts';
import type { SupervisorRequest } from './supervisor/protocol.ts';

/** Never rejects. out  undefined when it was done; else the error, `STOPPED` when the supervisor is down or ends first */
export function ask(supervisor: AnyActorRef | undefined, request: SupervisorRequest): Promise<Error | undefined> {
  const gone = (): HoldfastError =>
    new HoldfastError('STOPPED', `${request.type}: expected a supervisor, received its end`);
  if (supervisor === undefined) return Promise.resolve(gone());
  return new Promise((resolve) => {
    // An actor that is stopped drops its mailbox, and with it whatever nobody has answered yet.
    const watch = supervisor.subscribe({ error: () => resolve(gone()), complete: () => resolve(gone()) });
    const reply = (error?: Error): void => {
      watch.unsubscribe();
      resolve(error);
    };
    supervisor.send({ ...request, reply });
  });
}
