/** A query of the dashboard. */
export interface DashboardQuery {
  /** The panel's, with the letter of its query. */
  readonly title: string;
  /** As it stands there, with Grafana's variables. */
  readonly expression: string;
  /** The labels that its legend shows. */
  readonly legendLabels: readonly string[];
}

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly type: string;
    readonly targets?: readonly {
      readonly refId: string;
      readonly expr: string;
      readonly legendFormat?: string;
    }[];
  }[];
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: string | { readonly query: string } }[];
  };
}

/** Every query of a dashboard's JSON: of its panels, its annotations and its variables. @throws Error at a panel without one */
export function dashboardQueries(text: string): DashboardQuery[] {
  const { panels, annotations, templating } = JSON.parse(text) as Dashboard;
  const ofPanels = panels
    .filter(({ type }) => type !== 'row')
    .flatMap(({ title, targets = [] }) => {
      if (targets.length === 0) throw new Error(`the panel ${title} has no query`);
      return targets.map(({ refId, expr, legendFormat = '' }) => ({
        title: `${title} ${refId}`,
        expression: expr,
        legendLabels: [...legendFormat.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label = '']) => label),
      }));
    });
  const ofAnnotations = annotations.list.map(({ name, expr }) => ({
    title: name,
    expression: expr,
    legendLabels: [],
  }));
  const ofVariables = templating.list.flatMap(({ name, query }) => {
    const found = /^label_values\((.+), (\w+)\)$/.exec(typeof query === 'string' ? query : query.query);
    if (found === null) return [];
    const [, metric = '', label = ''] = found;
    return [
      { title: `variable ${name}`, expression: `group by (${label}) (${metric})`, legendLabels: [label] },
    ];
  });
  return [...ofPanels, ...ofAnnotations, ...ofVariables];
}
