// The status page: asks this replica for `status` once a second, and for `history` once, and shows them.
'use strict';

const base = `${location.pathname.replace(/\/+$/, '')}/`;
const askMs = 1000;
const { curves } = globalThis;

/** Text that is not there. */
const none = '–';
const samples = []; // [milliseconds by the replica's clock, lag, rate]
let status = null;
let answeredAt = null;

const field = (name) => document.querySelector(`[data-field="${name}"]`);

function show(name, text, tone) {
  const element = field(name);
  if (element.textContent !== text) element.textContent = text;
  if (tone === undefined) delete element.dataset.tone;
  else element.dataset.tone = tone;
}

function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === 'data') Object.assign(made.dataset, value);
    else made[key] = value;
  }
  made.append(...children);
  return made;
}

/** 0.4 s · 12 s · 3 min 20 s · 2 h 5 min · 3 d 4 h */
function duration(seconds) {
  if (seconds === null || seconds === undefined) return none;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

const number = (value) => Math.round(value).toLocaleString('en-US');
const count = (value, what) => `${number(value)} ${what}${value === 1 ? '' : 's'}`;
const known = (value, text) => (value === null || value === undefined ? none : text(value));
const rate = (value) => `${number(value)} rows/s`;

const ago = (at) => `${duration(Math.max(0, status.now - at) / 1000)} ago`;
const clock = (at) => new Date(at).toLocaleTimeString([], { hour12: false });

/** Each with a full stop. */
const sentences = (...texts) => texts.map((text) => text.replace(/[^.!?]$/, '$&.')).join(' ');

/** What is to be said first: [tone, headline, what it means]. */
function verdict() {
  const { blocked, leader, refusal, stream, takeovers, role, isHighlyAvailable, isRedisUp } = status;
  if (blocked) {
    return ['bad', `Blocked: ${blocked.code}`, sentences(blocked.message, `Position: ${blocked.position}`)];
  }
  if (refusal && (leader === null || !isHighlyAvailable)) {
    return ['bad', `Not replicating: ${refusal.code}`, sentences(refusal.message, refusal.hint)];
  }
  if (isHighlyAvailable && isRedisUp === false && role !== 'leader') {
    return ['bad', 'This replica does not reach Redis', 'It cannot see who leads, and could not take over.'];
  }
  if (leader === null) {
    return ['bad', 'No replica leads', 'Nothing is replicated until one of them takes the lease.'];
  }
  if (stream.breaker !== 'closed' && stream.breaker !== null) {
    const state = stream.breaker === 'open' ? 'open' : 'half-open';
    const meaning =
      'Kafka is tried again every few seconds. The binlog is paused meanwhile; nothing is dropped.';
    return ['bad', `The circuit breaker is ${state}: ${leader} cannot write to Kafka`, meaning];
  }
  if (stream.lagSeconds > 300) {
    return ['bad', `Replication lags by ${duration(stream.lagSeconds)}`, `${leader} leads.`];
  }
  if (stream.lagSeconds > 30) {
    return ['warn', `Catching up: ${duration(stream.lagSeconds)} behind`, `${leader} leads.`];
  }
  const last = takeovers?.[0];
  if (last && last.kind !== 'first' && status.now - last.at < 120_000) {
    const from = last.from === null || last.from === last.to ? '' : ` from ${last.from}`;
    const headline = `${last.to} took over${from} ${ago(last.at)}`;
    return ['warn', headline, `Why: ${last.reason}. It took ${duration(last.seconds)}.`];
  }
  if (isHighlyAvailable && isRedisUp === false) {
    const meaning = 'It goes on leading, but no other replica could take over.';
    return ['warn', 'Replicating, without Redis', meaning];
  }
  if (refusal) return ['warn', `Replicating; this replica waits: ${refusal.code}`, refusal.message];
  return ['good', 'Replicating', `${leader} leads, and every change is in Kafka.`];
}

function showVerdict(tone, headline, detail) {
  document.querySelector('.verdict').dataset.tone = tone;
  show('headline', headline);
  show('detail', detail);
}

const roleTones = { leader: 'good', standby: 'good', candidate: 'warn', blocked: 'bad' };
const breakerTones = { closed: 'good', 'half-open': 'warn', open: 'bad' };

function lagTone(seconds) {
  if (seconds === null || seconds <= 30) return undefined;
  return seconds > 300 ? 'bad' : 'warn';
}

/** Puts rows into a table's body; a table without rows says why. */
function fill(name, rows, emptyText) {
  const body = field(name);
  const columns = [...body.parentElement.querySelectorAll('th')];
  const row = ({ cells, data = {} }) => {
    const made = cells.map(({ text, tone }, column) =>
      element('td', {
        textContent: text,
        data: { label: columns[column].textContent, ...(tone ? { tone } : {}) },
      }),
    );
    return element('tr', { data }, ...made);
  };
  const empty = () =>
    element('tr', {}, element('td', { className: 'empty', colSpan: columns.length, textContent: emptyText }));
  body.replaceChildren(...(rows.length === 0 ? [empty()] : rows.map(row)));
}

function reach(isReached, isKnown) {
  if (!isKnown) return { text: none };
  return isReached ? { text: 'yes' } : { text: 'NO', tone: 'bad' };
}

function showReplicas() {
  const rows = status.replicas.map((each) => {
    const role = each.role === 'leader' ? `leader, epoch ${each.epoch}` : each.role;
    return {
      data: { replica: each.replica, self: String(each.replica === status.replica) },
      cells: [
        { text: each.replica },
        { text: role, ...(each.role === 'candidate' ? { tone: 'warn' } : {}) },
        reach(each.kafkaReachable, true),
        reach(each.sourceReachable, true),
        { text: `${duration(each.ageMs / 1000)} ago` },
        { text: each.version },
      ],
    };
  });
  const emptyText = status.isHighlyAvailable
    ? 'Redis does not answer, so the other replicas cannot be seen.'
    : 'A single process without Redis: there are no other replicas.';
  fill('replicas', rows, emptyText);
}

function showTakeovers() {
  const { takeovers, isHighlyAvailable } = status;
  const rows = (takeovers ?? []).map((each) => ({
    data: { epoch: String(each.epoch), kind: each.kind },
    cells: [
      { text: `${clock(each.at)} · ${ago(each.at)}` },
      { text: `${each.from ?? none} → ${each.to}` },
      { text: String(each.epoch) },
      { text: duration(each.seconds) },
      { text: duration(each.standstillSeconds) },
      { text: each.kind === 'first' ? each.reason : `${each.kind}: ${each.reason}` },
    ],
  }));
  const unknown = takeovers === null && isHighlyAvailable;
  fill('takeovers', rows, unknown ? 'Redis does not answer.' : 'None yet.');
}

const brakes = {
  lag: 'No chunk is read while the stream lags (snapshot_max_lag_seconds).',
  rate: 'Slowed down to snapshot_max_rows_per_second.',
};

/** Only a leader has snapshots; before the first one the section is not shown. */
function showSnapshots() {
  const { tasks = [], lastError = null, brake = null, rowsTotal = 0 } = status.snapshots ?? {};
  field('snapshots-section').hidden = tasks.length === 0 && lastError === null && rowsTotal === 0;
  const error = lastError === null ? '' : `${lastError.table} was given up: ${lastError.message}`;
  show('snapshots-note', brake === null ? error : brakes[brake], brake === null && error ? 'bad' : undefined);
  const rows = tasks.map((each) => ({
    data: { snapshot: each.id },
    cells: [
      { text: each.table ?? (each.tablesDone > 0 ? `${each.tablesDone} tables done` : 'all tables') },
      { text: each.state, ...(each.state === 'paused' ? { tone: 'warn' } : {}) },
      { text: number(each.rows) },
      { text: each.estimatedRows === null ? none : number(each.estimatedRows) },
      { text: each.state === 'running' ? rate(each.rowsPerSecond) : none },
      { text: duration(each.secondsLeft) },
    ],
  }));
  fill('snapshots', rows, `None is under way. Rows written by this process: ${number(rowsTotal)}.`);
}

function showPosition() {
  const { position, checkpoint, role, rowsTotal, transactionsTotal } = status;
  const shown = role === 'leader' ? position : (checkpoint ?? position);
  show('position', shown?.gtidSet ?? (shown ? 'file and offset, without GTID' : none));
  show('binlog', shown?.file ? `${shown.file}:${shown.offset}` : none);
  const committedAt = role === 'leader' && position ? Date.parse(position.at) : null;
  show('committed', committedAt === null ? 'the leader tells' : ago(committedAt));
  show('checkpoint', checkpoint ? `epoch ${checkpoint.epoch}, ${ago(checkpoint.savedAt)}` : none);
  show('totals', `${count(rowsTotal, 'row')} in ${count(transactionsTotal, 'transaction')}`);
}

function showStatus() {
  const { clientId, replica, role, leader, epoch, stream, slowStage, version } = status;
  document.title = `${verdict()[1]} · ${clientId}`;
  show('cluster', clientId);
  show('replica', replica);
  show('role', role, roleTones[role]);
  show('lag', duration(stream.lagSeconds), lagTone(stream.lagSeconds));
  show('rate', known(stream.rowsPerSecond, number));
  show('leader', leader ?? 'none', leader === null ? 'bad' : undefined);
  const leading = status.replicas.find((each) => each.replica === leader);
  show('epoch', String(role === 'leader' ? epoch : (leading?.epoch ?? none)));
  show('breaker', stream.breaker ?? none, breakerTones[stream.breaker]);
  show('stage', slowStage ?? (role === 'leader' ? none : 'the leader tells'));
  show('version', version);
  showVerdict(...verdict());
  showReplicas();
  showPosition();
  showSnapshots();
  showTakeovers();
}

async function ask(page) {
  const answer = await fetch(base + page, { cache: 'no-store', signal: AbortSignal.timeout(5000) });
  if (!answer.ok) throw new Error(`${page}: ${answer.status}`);
  return answer.json();
}

async function look() {
  try {
    status = await ask('status');
    answeredAt = Date.now();
    document.body.classList.remove('stale');
    samples.push([status.now, status.stream.lagSeconds, status.stream.rowsPerSecond]);
    while (samples[0][0] < status.now - 600_000) samples.shift();
    showStatus();
  } catch {
    document.body.classList.add('stale');
    const since = answeredAt === null ? '' : ` for ${duration((Date.now() - answeredAt) / 1000)}`;
    showVerdict('bad', `This replica has not answered${since}`, 'What is below is what it said last.');
  }
  curves.draw();
}

async function run() {
  curves.start();
  try {
    samples.push(...(await ask('history')).samples);
  } catch {
    // The curves begin now.
  }
  for (;;) {
    await look();
    await new Promise((resolve) => setTimeout(resolve, askMs));
  }
}

void run();
