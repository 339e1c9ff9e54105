/**
 * A metrics page as sample → value, without the label client_id, which every sample has but those of Maxwell's own form.
 * @throws Error at a sample of another cluster, or of none
 */
export function metricSamples(page: string, clientId: string): Map<string, number> {
  const label = `client_id="${clientId}"`;
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(' ');
      const series = line.slice(0, end);
      if (!series.startsWith('MaxwellMetrics_') && !series.includes(label))
        throw new Error(`${series} has no label ${label}`);
      const name = series.replace(label, '').replace('{,', '{').replace(',}', '}').replace('{}', '');
      return [name, Number(line.slice(end + 1))];
    }),
  );
}
