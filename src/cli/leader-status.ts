/** The leader's own page; null where it cannot be reached from here. */
export async function fetchStatus(
  host: string,
  port: number | null,
  path: string,
): Promise<Record<string, unknown> | null> {
  if (port === null) return null;
  try {
    const answer = await fetch(`http://${host}:${port}${path}status`, { signal: AbortSignal.timeout(1000) });
    return (await answer.json()) as Record<string, unknown>;
  } catch {
    return null;
  }
}
