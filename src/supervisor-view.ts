/** The supervision tree as an application may see and try it: `runtime.supervisor`. */
import type { TreeNode } from '../actors/read-tree.ts';
import type { Tree } from '../actors/root.ts';
import { parseOptions } from './core/schema.ts';
import { manualSchema } from './policies/breaker/options.ts';

export interface SupervisorView {
  /** Everything that can die, as it stands: state, incarnation, restarts and uptime. */
  tree(): TreeNode;
  /**
   * A drill: end a child, or a whole group, as a crash would. Its supervisor restarts it, and counts. Resolves when it
   * is dying; `child.started` tells when it is up again.
   *
   * in      path     e.g. `root/compute/pool`
   *         manual   who wants it and why; told as the reason of its death
   * throws  INVALID_OPTIONS · ILLEGAL_TRANSITION for a child that is not up · STOPPED
   */
  kill(path: string, manual: { readonly by: string; readonly reason: string }): Promise<void>;
}

export function supervisorView(tree: Tree): SupervisorView {
  return {
    tree: () => tree.tree(),
    async kill(path, manual) {
      const { by, reason } = parseOptions(manualSchema, manual, `kill "${path}"`);
      await tree.kill(path, new Error(`killed by ${by}: ${reason}`));
    },
  };
}
