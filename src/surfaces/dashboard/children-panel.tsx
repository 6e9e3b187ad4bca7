/** The supervision tree: what runs, what was started again, what waits for another try. */
import type { Readings } from './live.ts';
import { More } from './more.tsx';
import { treeOf, type Branch } from './tree.ts';

type Child = Readings['children'][string];

const MOST_SIBLINGS = 12;

export function ChildrenPanel({ children }: Pick<Readings, 'children'>) {
  return (
    <section class="panel" aria-labelledby="children">
      <h2 id="children">Supervision</h2>
      <Branches branches={treeOf(children)} />
    </section>
  );
}

function Branches({ branches }: { readonly branches: readonly Branch<Child>[] }) {
  return (
    <ul class="tree">
      {branches.slice(0, MOST_SIBLINGS).map(({ path, id, value, below }) => (
        <li key={path}>
          <span class={`child ${value?.state ?? ''}`}>
            <span class={value?.kind === 'supervisor' ? 'name supervisor' : 'name'} title={id}>
              {id}
            </span>
            {value && <span class="state">{value.state}</span>}
            {value && value.restarts > 0 && <span class="warn">{times(value.restarts)}</span>}
          </span>
          {below.length > 0 && <Branches branches={below} />}
        </li>
      ))}
      {branches.length > MOST_SIBLINGS && (
        <li>
          <More of={branches.length} shown={MOST_SIBLINGS} />
        </li>
      )}
    </ul>
  );
}

function times(restarts: number): string {
  return restarts === 1 ? 'started again once' : `started again ${restarts} times`;
}
