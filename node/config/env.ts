/** Every name that a node reads from its environment; what is not here is not looked at. */
const names = [
  'FERNPOST_DATA',
  'FERNPOST_URL',
  'FERNPOST_EXCHANGE',
  'FERNPOST_DESK',
  'FERNPOST_CONTROL',
  'FERNPOST_LOG_ACCESS',
  'FERNPOST_PEER_ADDRESSES',
  'FERNPOST_PROXIES',
  'FERNPOST_ROOT_KEY_FILE',
  'FERNPOST_ROOT_PASSPHRASE',
  'FERNPOST_ROOT_PASSPHRASE_FILE',
  'FERNPOST_S3_ENDPOINT',
  'FERNPOST_S3_REGION',
  'FERNPOST_S3_BUCKET',
  'FERNPOST_S3_PREFIX',
  'FERNPOST_S3_ACCESS_KEY_ID',
  'FERNPOST_S3_ACCESS_KEY_ID_FILE',
  'FERNPOST_S3_SECRET_ACCESS_KEY',
  'FERNPOST_S3_SECRET_ACCESS_KEY_FILE',
  'FERNPOST_SMTP_HOST',
  'FERNPOST_SMTP_PORT',
  'FERNPOST_SMTP_TLS',
  'FERNPOST_SMTP_FROM',
  'FERNPOST_SMTP_USER',
  'FERNPOST_SMTP_PASSWORD',
  'FERNPOST_SMTP_PASSWORD_FILE',
  'FERNPOST_BACKUP_DIRECTORY',
  'FERNPOST_DIAGNOSTICS_FILE',
] as const;

export type EnvironmentName = (typeof names)[number];
/** A variable that is set to nothing counts as not set: that is how a compose file leaves one out. */
export type Environment = Readonly<Partial<Record<EnvironmentName, string>>>;

/** The only reader of the process's environment. */
export function readEnvironment(source: Readonly<Record<string, string | undefined>> = process.env): Environment {
  const found: Partial<Record<EnvironmentName, string>> = {};
  for (const name of names) {
    const value = source[name];
    if (value !== undefined && value !== '') found[name] = value;
  }
  return found;
}
