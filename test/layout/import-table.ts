/**
 * Who may import whom (node/README.md shows the same table). The lint configuration beside this file is generated
 * from it, and imports.test.ts enforces all of it. Where folders nest, the longest match decides.
 */
export interface FolderRule {
  readonly folder: string;
  /** Folders whose values and types it may use, beside its own. */
  readonly uses: readonly string[];
  /** Folders of which it sees only types and error classes: ports arrive as arguments. */
  readonly usesTypes: readonly string[];
}

const features = ['node/accounts', 'node/records', 'node/peers', 'node/alerts', 'node/live'];
const stores = ['node/store', 'node/blobs'];
const edges = ['node/referrals', ...features, 'node/backups', 'node/keys', 'node/exchange-log', 'protocol'];
const edgeTypes = ['node/platform', 'node/blobs'];

export const folderRules: readonly FolderRule[] = [
  { folder: 'protocol', uses: [], usesTypes: ['protocol/crypto'] },
  { folder: 'protocol/crypto', uses: ['protocol'], usesTypes: [] },
  { folder: 'node/platform', uses: ['protocol'], usesTypes: [] },
  { folder: 'node/config', uses: ['protocol', 'node/platform/addresses.ts'], usesTypes: ['node/platform'] },
  { folder: 'node/store', uses: ['protocol', 'node/platform'], usesTypes: [] },
  // Rows of the store remember where each blob lies.
  { folder: 'node/blobs', uses: ['protocol', 'node/platform', 'node/store'], usesTypes: [] },
  { folder: 'node/keys', uses: ['protocol', ...stores], usesTypes: ['node/platform'] },
  { folder: 'node/exchange-log', uses: ['protocol', ...stores, 'node/keys'], usesTypes: ['node/platform'] },
  ...features.map((folder) => ({
    folder,
    // What a mail address is, alerts ask of the port that sends to it.
    uses: [
      'protocol',
      ...stores,
      'node/keys',
      'node/exchange-log',
      ...(folder === 'node/alerts' ? ['node/platform/mail.ts'] : []),
    ],
    usesTypes: ['node/platform'],
  })),
  {
    folder: 'node/referrals',
    uses: ['protocol', ...stores, 'node/keys', 'node/exchange-log', ...features],
    usesTypes: ['node/platform'],
  },
  // A backup holds all of a node's state, and a drill opens all of it; its disk is read and written in pieces.
  {
    folder: 'node/backups',
    uses: ['protocol', ...stores, 'node/keys', 'node/exchange-log', 'node/config', 'node/platform/files.ts'],
    usesTypes: ['node/platform'],
  },
  { folder: 'node/jobs', uses: edges, usesTypes: edgeTypes },
  // What people and programs ask of a node, once for the command line and once for the running node's control door.
  { folder: 'node/operations', uses: edges, usesTypes: [...edgeTypes, 'node/store', 'node/config'] },
  { folder: 'node/api', uses: [...edges, 'node/operations'], usesTypes: edgeTypes },
  { folder: 'node/web', uses: [...edges, 'node/operations'], usesTypes: [...edgeTypes, 'node/store', 'node/config'] },
  // The command line assembles a node in its own process where none is running.
  {
    folder: 'node/cli',
    uses: [...edges, 'node/operations', 'node/config', 'node/platform', 'node/node.ts'],
    usesTypes: [...edgeTypes, 'node/store'],
  },
];

/** These connect the parts and may import anything; only they and the command line may be imported by nobody else. */
export const compositionRoots: readonly string[] = [
  'node/node.ts',
  'node/node-parts.ts',
  'node/node-doors.ts',
  'node/node-jobs.ts',
  'node/main.ts',
  'scripts',
  'test',
];

/** All of node/ may await the next turn of the event loop: there is nothing in it to fake, so it is no port. */
export const freeFiles: readonly string[] = ['node/platform/turn.ts'];

export interface PackageRule {
  /** Folders or files that may import it. */
  readonly where: readonly string[];
  /** It is behind one file: replacing the package must change no other. */
  readonly inOneFile?: true;
  /** Only its types: it is not installed in production. */
  readonly onlyTypes?: true;
}

/** Where each package may be imported; those that are not named here are for test and scripts. */
export const packageRules: Readonly<Record<string, PackageRule>> = {
  'libsodium-wrappers': { where: ['protocol/crypto/seal.ts'], inOneFile: true },
  valibot: {
    where: [
      'protocol/bundle',
      'node/config',
      'node/backups',
      'node/api',
      'node/web',
      'node/records',
      'node/operations',
      'node/cli',
    ],
  },
  undici: { where: ['node/platform'], inOneFile: true },
  nodemailer: { where: ['node/platform'], inOneFile: true },
  pino: { where: ['node/platform'], inOneFile: true },
  'ipaddr.js': { where: ['node/platform', 'node/peers', 'node/config'] },
  'better-sqlite3': { where: ['node/store'], inOneFile: true },
  kysely: { where: ['node/store'] },
  '@aws-sdk/client-s3': { where: ['node/blobs'], inOneFile: true },
  'csv-parse': { where: ['node/records'] },
  'csv-stringify': { where: ['node/records'] },
  '@fastify/busboy': { where: ['node/web'], inOneFile: true },
  'dicom-parser': { where: ['node/records'], inOneFile: true },
  qr: { where: ['node/web'], inOneFile: true },
  hono: { where: ['node/api', 'node/web', 'node/platform'] },
  '@hono/node-server': { where: ['node/api', 'node/web', 'node/platform'] },
  commander: { where: ['node/cli'] },
  '@clack/prompts': { where: ['node/cli'] },
  '@medplum/fhirtypes': { where: ['node/referrals', 'node/records', 'protocol/bundle'], onlyTypes: true },
};

/** Parts of a package that are narrower than the package. */
export const packagePartRules: Readonly<Record<string, PackageRule>> = {
  'hono/jsx': { where: ['node/web'] },
};

/** Modules of Node that reach the machine or the network (law 1): only behind the ports. */
const machineModules = [
  'child_process',
  'cluster',
  'dgram',
  'dns',
  'fs',
  'http',
  'http2',
  'https',
  'net',
  'os',
  'readline',
  'sqlite',
  'test',
  'timers',
  'tls',
  'worker_threads',
];

/** Modules of Node that only compute. */
const pureModules = ['crypto', 'zlib', 'util'];

/** Where the modules of Node may be imported. `protocol` is pure: crypto and gzip in one folder, nothing elsewhere. */
export function mayImportNodeModule(path: string, module: string): boolean {
  const name = module.replace(/^node:/, '').split('/')[0] ?? '';
  if (isUnder(path, compositionRoots)) return true;
  if (isUnder(path, ['protocol'])) return isUnder(path, ['protocol/crypto']) && pureModules.includes(name);
  if (!machineModules.includes(name)) return true;
  if (isUnder(path, ['node/platform', 'node/store', 'node/blobs'])) return true;
  // The command line reads the files that its caller names and asks on the terminal: it is the machine's edge as well.
  return isUnder(path, ['node/cli']) && ['fs', 'readline', 'os'].includes(name);
}

export function isUnder(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
}

/** The rule of the longest folder that holds the file; `undefined` for the composition roots. */
export function ruleOf(path: string): FolderRule | undefined {
  const matches = folderRules.filter((rule) => isUnder(path, [rule.folder]));
  return matches.toSorted((left, right) => right.folder.length - left.folder.length)[0];
}
