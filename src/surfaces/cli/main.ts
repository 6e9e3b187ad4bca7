#!/usr/bin/env node
/** The `holdfast` command. All it does is in program.ts; this file is only where a process begins. */
import { runProgram } from './program.ts';

process.exitCode = await runProgram(process.argv.slice(2));
