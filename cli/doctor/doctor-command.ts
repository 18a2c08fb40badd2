import type { Command } from 'commander';
import { addConfigOptions, configOf, type ConfigFlags } from '../config-options.ts';
import { CommandError, type Terminal } from '../terminal.ts';
import type { Finding } from './finding.ts';

const marks = { ok: 'ok', warning: 'WARN', failed: 'FAIL' } as const;

function report(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length)) + 2;
  return findings
    .flatMap(({ name, state, says, fix }) => [
      `${marks[state].padEnd(6)}${name.padEnd(width)}${says}`,
      ...(fix === undefined ? [] : [`${' '.repeat(6 + width)}${fix}`]),
    ])
    .join('\n');
}

/** `portico doctor`. */
export function addDoctorCommand(program: Command, terminal: Terminal): void {
  const doctor = program
    .command('doctor')
    .description(
      'Look for whatever could keep the server from working here: engines, bus, ports, disk, clock.',
    )
    .option('--json', 'as JSON');
  addConfigOptions(doctor, ['host', 'port', 'bus']).action(
    async (flags: ConfigFlags & { json?: boolean }) => {
      // Brings the engines of bus and database along, which other commands need not load.
      const { examine } = await import('./examine.ts');
      const findings = await examine(configOf(flags, terminal), terminal);
      terminal.out(flags.json === true ? JSON.stringify(findings, null, 2) : report(findings));
      const bad = findings.filter(({ state }) => state === 'failed').length;
      if (bad > 0) throw new CommandError(`${bad} of ${findings.length} checks failed.`);
    },
  );
}
