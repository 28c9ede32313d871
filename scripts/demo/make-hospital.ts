import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../node/config/config.ts';
import { writeConfigFile } from '../../node/config/config-file.ts';
import { initNode } from '../../node/node.ts';
import { systemFiles } from '../../node/platform/system-files.ts';
import type { Buckets } from './buckets.ts';
import { backupDirectoryOf, exchangeUrl, loopback, type Place } from './hospitals.ts';
import { diagnosticsFile } from './node-process.ts';

/** Less than a hospital holds: three of them share a laptop's disk. */
const ballastBytes = 8 * 1024 ** 2;

/** Makes a node that `fernpost serve --data DIR` runs like any other, and gives back its identity. */
export async function makeHospital(place: Place, buckets: Buckets | undefined): Promise<string> {
  const { name, title, dataDirectory, ports, mailPort } = place;
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  const backups = backupDirectoryOf(place);
  mkdirSync(backups, { recursive: true, mode: 0o700 });
  const mail =
    mailPort === undefined
      ? {}
      : { mail: { host: loopback, port: mailPort, tls: 'none' as const, from: `alerts@${name}` } };
  const s3 = buckets === undefined ? {} : { s3: storageOf(place, buckets) };
  await writeConfigFile(
    dataDirectory,
    {
      v: 1,
      name,
      title,
      url: exchangeUrl(place),
      exchange: { host: loopback, port: ports.exchange },
      desk: { host: loopback, port: ports.desk },
      control: { host: loopback, port: ports.control },
      peerAddresses: ['127.0.0.0/8', '::1/128'],
      limits: { ballastBytes },
      backups: { directory: backups },
      ...mail,
      ...s3,
    },
    systemFiles,
  );
  const environment = { FERNPOST_DIAGNOSTICS_FILE: diagnosticsFile(place) };
  const { identityVkey } = await initNode(await loadConfig(dataDirectory, environment, systemFiles));
  return identityVkey;
}

/** The keys lie in files of the data directory, so that the node can be started again without any variable. */
function storageOf(place: Place, { access, nameOf }: Buckets) {
  const secretFile = (name: string, text: string): string => {
    const path = join(place.dataDirectory, name);
    writeFileSync(path, `${text}\n`, { mode: 0o600 });
    chmodSync(path, 0o600);
    return path;
  };
  return {
    endpoint: access.endpoint,
    bucket: nameOf(place),
    plainHttp: access.endpoint.startsWith('http:'),
    accessKeyIdFile: secretFile('s3-access-key-id', access.accessKeyId),
    secretAccessKeyFile: secretFile('s3-secret-access-key', access.secretAccessKey),
  };
}
