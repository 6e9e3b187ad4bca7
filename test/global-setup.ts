/** The kernel's Wasm is generated: make sure it is there and current before the first test imports it. */
import { execFileSync } from 'node:child_process';

export function setup(): void {
  execFileSync(process.execPath, ['scripts/build-kernel.ts'], { stdio: 'inherit' });
}
