import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupsConfig, NodeConfig } from '../../node/config/config.ts';
import { fastDirectory } from './hospital.ts';

export interface BackupDirectories {
  /** Of a desk by its data directory's name. */
  of(short: string): string;
  /** For `change` of the desks' options: a backup directory for each, and the file that a backup keeps. */
  readonly change: (config: NodeConfig) => NodeConfig;
  readonly root: string;
}

/** A directory for the backups of each hospital, beside all data directories. */
export function backupDirectories(more: Partial<BackupsConfig> = {}): BackupDirectories {
  const root = fastDirectory();
  const of = (short: string): string => join(root, short);
  return {
    of,
    root,
    change: (config) => {
      const directory = of(config.name.split('.')[0] ?? '');
      mkdirSync(directory, { recursive: true });
      const { name, title, url, exchange, desk, control, dataDirectory } = config;
      const file = { v: 1, name, title, url, exchange, desk, control };
      writeFileSync(join(dataDirectory, 'fernpost.json'), `${JSON.stringify(file)}\n`);
      return { ...config, backups: { directory, everyHours: 24, keepDays: 35, files: 'copy', ...more } };
    },
  };
}
