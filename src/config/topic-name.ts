/** What is wrong with a topic's name by Kafka's rules, or undefined. */
export function topicProblem(value: string): string | undefined {
  const isTopic = /^[A-Za-z0-9._-]{1,249}$/u.test(value) && value !== '.' && value !== '..';
  return isTopic ? undefined : `"${value}" is not a topic: 1 to 249 of A-Z a-z 0-9 . _ -`;
}

/** The same for a name in which %{database}, %{table} and %{type} may stand. */
export function topicTemplateProblem(value: string): string | undefined {
  const bare = value.replace(/%\{(database|table|type)\}/gu, 'x');
  if (bare.includes('%{')) return `"${value}" holds a %{…} other than %{database}, %{table}, %{type}`;
  return topicProblem(bare) === undefined ? undefined : topicProblem(value);
}
