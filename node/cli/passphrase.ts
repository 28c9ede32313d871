/** Asks for a passphrase without showing it; `undefined` where nobody can type, or when it is left. */
export async function askPassphrase(message: string): Promise<string | undefined> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return undefined;
  const { isCancel, password } = await import('@clack/prompts');
  const given = await password({ message, output: process.stderr });
  return isCancel(given) || given === '' ? undefined : given;
}
