"use strict";
// Every text in the data is HTML-escaped already, and set as HTML; plotly reads the same escapes.
const D = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const dark = matchMedia("(prefers-color-scheme: dark)");
const COLOURS = {
  light: ["#0072b2", "#d55e00", "#009e73", "#b5508f", "#b07d00", "#3a9bdc", "#7a4e2d", "#737a85"],
  dark: ["#5ab0ee", "#ff8d4d", "#35cf9f", "#ef9fd0", "#f2c84b", "#a5dcff", "#cf9f78", "#aab2bf"],
};
const DASHES = ["solid", "dash", "dot", "dashdot"];
const STROKES = ["solid", "dashed", "dotted", "double"];
const SYMBOLS = ["circle", "square", "diamond", "triangle-up"];
const ALL = D.all, OPTIMUM = D.optimum;
const NAMES = D.scores.by[OPTIMUM] ? [...D.controllers, OPTIMUM] : D.controllers;

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
function colourOf(name) {
  const style = D.styles[name];
  return style ? COLOURS[dark.matches ? "dark" : "light"][style.colour] : css("--ink");
}
const dashOf = (name) => (D.styles[name] ? DASHES[D.styles[name].line] : "dot");
const symbolOf = (name) => (D.styles[name] ? SYMBOLS[D.styles[name].line] : "star");
function faded(colour, alpha) {
  const n = parseInt(colour.slice(1), 16);
  return `rgba(${n >> 16},${(n >> 8) & 255},${n & 255},${alpha})`;
}
function number(value, digits) {
  return value === null || value === undefined ? "–" : value.toFixed(digits).replace("-", "−");
}
function words(text, width) {
  // Lines of about `width` characters; an escape holds no space, so none is cut.
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1];
    if (last && last.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines.join("<br>");
}

function axis(title, more) {
  return { title: { text: title, standoff: 10 }, gridcolor: css("--grid"), zerolinecolor: css("--line"),
    linecolor: css("--line"), automargin: true, ...more };
}
function layout(more) {
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(document.body).fontFamily, size: 14, color: css("--ink") },
    margin: { l: 70, r: 20, t: 34, b: 56 },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: css("--link"), activecolor: css("--ink") },
    hoverlabel: { align: "left", bgcolor: css("--sheet"), bordercolor: css("--line"), font: { color: css("--ink"), size: 13 } },
    legend: { bgcolor: "rgba(0,0,0,0)", itemsizing: "constant" },
    ...more,
  };
}
function draw(id, traces, more) {
  Plotly.react(byId(id), traces, layout(more), {
    responsive: true, displaylogo: false,
    modeBarButtons: [["toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
  });
}

// ---- the table

const measure = (name, scale = 1) => (row) => (row.measures[name] ? row.measures[name][0] * scale : null);
const COLUMNS = [
  { title: "controller", unit: "", of: (r) => r.controller, show: (r) => r.controller, up: true },
  { title: "score", unit: `QoE ${D.qoe}, ${D.unit}`, of: measure("score"), show: (r) => {
    const [mean, low, high] = r.measures.score;
    return `<b>${number(mean, 3)}</b><small>${number(low, 3)} to ${number(high, 3)}</small>`;
  } },
  { title: "of optimum", unit: "%", of: (r) => r.share, show: (r) => number(r.share === null ? null : r.share * 100, 1) },
  { title: `against ${D.reference}`, unit: "difference, p", of: (r) => (r.difference ? r.difference[0] : null), show: (r) => {
    if (!r.difference) return "–";
    const [mean, p] = r.difference;
    return `${mean > 0 ? "+" : ""}${number(mean, 3)}<small>p ${p < 0.001 ? "&lt; 0.001" : number(p, 3)}</small>`;
  } },
  { title: "bit rate", unit: "Mbit/s", of: measure("mean_bitrate_bps", 1e-6), digits: 2 },
  { title: "start-up", unit: "s", of: measure("startup_s"), digits: 2, up: true },
  { title: "stalls", unit: "per session", of: measure("stall_count"), digits: 2, up: true },
  { title: "stall time", unit: "s", of: measure("stall_s"), digits: 2, up: true },
  { title: "stalled", unit: "% of time", of: measure("stall_ratio", 100), digits: 2, up: true },
  { title: "switches", unit: "per session", of: measure("switches"), digits: 1, up: true },
  { title: "oscillations", unit: "per session", of: measure("oscillations"), digits: 1, up: true },
  { title: "wasted", unit: "MB", of: measure("bytes_wasted", 1e-6), digits: 2, up: true },
];
let sortedBy = { column: COLUMNS[1], up: false };

function drawTable() {
  const head = COLUMNS.map((column, i) => {
    const sort = column === sortedBy.column ? (sortedBy.up ? "ascending" : "descending") : "none";
    return `<th scope="col" aria-sort="${sort}"><button data-column="${i}"><span>${column.title}</span><small>${column.unit}</small></button></th>`;
  });
  byId("rows").tHead.innerHTML = `<tr>${head.join("")}</tr>`;
  const rows = D.rows.filter((row) => row.family === family()).sort(inOrder);
  byId("rows").tBodies[0].innerHTML = rows.map((row) => {
    const limit = !D.controllers.includes(row.controller);
    const kind = limit ? "limit" : row.controller === D.reference ? "reference" : "";
    const chip = limit ? "" : `<span class="chip" style="border-top:4px ${STROKES[D.styles[row.controller].line]} ${colourOf(row.controller)}"></span>`;
    const cells = COLUMNS.map((column, i) =>
      `<td>${i ? "" : chip}${column.show ? column.show(row) : number(column.of(row), column.digits)}</td>`);
    return `<tr class="${kind}">${cells.join("")}</tr>`;
  }).join("");
}
function inOrder(a, b) {
  const [x, y] = [sortedBy.column.of(a), sortedBy.column.of(b)];
  if (x === y) return 0;
  if (x === null) return 1;
  if (y === null) return -1;
  return (x < y ? -1 : 1) * (sortedBy.up ? 1 : -1);
}
byId("rows").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const column = COLUMNS[button.dataset.column];
  sortedBy = { column, up: column === sortedBy.column ? !sortedBy.up : Boolean(column.up) };
  drawTable();
});

// ---- distribution and trade-off

function scoresOf(name) {
  const wanted = D.families.indexOf(family());
  const column = D.scores.by[name];
  return family() === ALL ? [...column] : column.filter((_, i) => D.scores.family[i] === wanted);
}
function drawDistribution() {
  const traces = NAMES.map((name) => {
    const scores = scoresOf(name).sort((a, b) => a - b);
    return {
      x: [scores[0], ...scores], y: [0, ...scores.map((_, i) => (100 * (i + 1)) / scores.length)],
      name, mode: "lines", line: { shape: "hv", color: colourOf(name), dash: dashOf(name), width: name === OPTIMUM ? 1.5 : 2 },
      hovertemplate: `%{y:.0f} % at most %{x:.3f}<extra>${name.replaceAll("%{", "% {")}</extra>`,
    };
  });
  // The worst sessions and controllers would squeeze everything else; a double click shows them.
  const all = NAMES.filter((name) => name === OPTIMUM || betterRows().some((row) => row.controller === name)).flatMap((name) => scoresOf(name)).sort((a, b) => a - b);
  const at = (share) => all[Math.min(all.length - 1, Math.floor(share * all.length))];
  const pad = 0.04 * (all[all.length - 1] - at(0.05)) || 0.5;
  draw("cdfplot", traces, {
    xaxis: axis(`score per chunk (QoE ${D.qoe}, ${D.unit})`, { range: [at(0.05) - pad, all[all.length - 1] + pad] }),
    yaxis: axis("sessions (%)", { range: [0, 101] }),
  });
}

function betterRows() {
  // The upper two thirds by score: what the views are fitted to.
  const rows = D.rows.filter((row) => row.family === family() && D.controllers.includes(row.controller));
  return rows.sort((a, b) => b.measures.score[0] - a.measures.score[0]).slice(0, Math.ceil((2 * rows.length) / 3));
}
function drawPareto() {
  const rows = D.rows.filter((row) => row.family === family() && row.measures.stall_ratio);
  const point = (row) => ({ x: row.measures.stall_ratio[0] * 100, y: row.measures.mean_bitrate_bps[0] / 1e6 });
  const bars = (row, name, scale) => {
    const [mean, low, high] = row.measures[name];
    return { type: "data", symmetric: false, array: [(high - mean) * scale], arrayminus: [(mean - low) * scale],
      color: faded(colourHex(row.controller), 0.45), thickness: 1.2, width: 4 };
  };
  const furthest = 1.3 * Math.max(0.05, ...betterRows().map((row) => row.measures.stall_ratio[0] * 100),
    ...rows.filter((row) => row.controller === OPTIMUM).map((row) => row.measures.stall_ratio[0] * 100));
  const sides = labelSides(rows.map(point), furthest, Math.max(...rows.map((row) => point(row).y)));
  const marks = rows.map((row, i) => ({
    x: [point(row).x], y: [point(row).y], name: row.controller, mode: "markers+text", text: [row.controller],
    textposition: sides[i], textfont: { color: colourOf(row.controller), size: 13 },
    marker: { color: colourOf(row.controller), symbol: symbolOf(row.controller), size: row.controller === OPTIMUM ? 14 : 11 },
    error_x: bars(row, "stall_ratio", 100), error_y: bars(row, "mean_bitrate_bps", 1e-6), showlegend: false,
    hoverinfo: "text",
    hovertext: `<b>${row.controller}</b><br>${number(point(row).y, 2)} Mbit/s<br>${number(point(row).x, 3)} % of the time stalled`,
  }));
  const front = frontier(rows.filter((row) => row.controller !== OPTIMUM).map(point));
  draw("paretoplot", [{ x: front.map((p) => p.x), y: front.map((p) => p.y), mode: "lines", hoverinfo: "skip",
    line: { color: css("--soft"), dash: "dot", width: 1.5 }, showlegend: false }, ...marks], {
    xaxis: axis("time stalled (% of stall and play time)", { range: [-0.03 * furthest, furthest] }),
    yaxis: axis("mean bit rate (Mbit/s)", { rangemode: "tozero" }),
  });
}
function labelSides(points, width, height) {
  // Neighbours take different corners, so that their names stay readable.
  const corners = ["top right", "bottom right", "top left", "bottom left"];
  const near = (p, q) => Math.abs(p.x - q.x) < 0.1 * width && Math.abs(p.y - q.y) < 0.06 * height;
  const sides = [];
  points.forEach((point, i) => {
    const gone = sides.filter((_, k) => near(point, points[k]));
    sides.push(corners.find((corner) => !gone.includes(corner)) || corners[i % 4]);
  });
  return sides;
}
function colourHex(name) {
  const colour = colourOf(name);
  return colour.length === 7 ? colour : "#888888";
}
function frontier(points) {
  const front = [];
  for (const point of points.sort((a, b) => a.x - b.x || b.y - a.y)) {
    if (!front.length || point.y > front[front.length - 1].y) front.push(point);
  }
  return front;
}

// ---- the timeline

function drawTimeline() {
  const shown = D.timelines[Number(byId("trace").value)];
  const names = [byId("first").value, byId("second").value].map((i) => NAMES[Number(i)]).filter((it) => it && shown.sessions[it]);
  const chosen = [...new Set(names)];
  const step = shown.link.step_s;
  const ends = Math.max(...chosen.map((name) => shown.sessions[name].ended_s));
  const traces = [{
    x: [...shown.link.kbps.map((_, i) => i * step), shown.link.kbps.length * step],
    y: [...shown.link.kbps, shown.link.kbps[shown.link.kbps.length - 1]].map((it) => it / 1e3),
    name: "link", yaxis: "y3", mode: "lines", fill: "tozeroy", fillcolor: faded(css("--link"), 0.35),
    line: { shape: "hv", color: css("--link"), width: 1 }, hovertemplate: "%{y:.2f} Mbit/s at %{x:.0f} s<extra>link</extra>",
  }];
  const shapes = [];
  chosen.forEach((name, place) => {
    const session = shown.sessions[name];
    traces.push(...sessionTraces(shown, session, name, place));
    for (const [at, span] of session.stalls) {
      shapes.push({ type: "rect", xref: "x", yref: "y2 domain", x0: at, x1: at + span, y0: place ? 0.5 : 0,
        y1: chosen.length > 1 && !place ? 0.5 : 1, line: { width: 0 }, fillcolor: faded(colourHex(name), 0.35), layer: "below" });
    }
  });
  draw("timelineplot", traces, {
    shapes, hovermode: "closest", legend: { orientation: "h", y: 1.02, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)" },
    margin: { l: 170, r: 20, t: 40, b: 56 },
    xaxis: axis("time since the first request (s)", { anchor: "y3", range: [0, ends * 1.01] }),
    yaxis: axis("rung", { domain: [0.64, 1], tickmode: "array", tickvals: shown.rungs.map((_, i) => i), ticktext: shown.rungs, range: [-0.4, shown.rungs.length - 0.6] }),
    yaxis2: axis("buffer (s)", { domain: [0.36, 0.58], rangemode: "tozero" }),
    yaxis3: axis("rate (Mbit/s)", { domain: [0, 0.3], rangemode: "tozero" }),
  });
  byId("outcome").innerHTML = chosen.map((name) => {
    const s = shown.sessions[name];
    const stalled = s.stalls.reduce((sum, it) => sum + it[1], 0);
    return `<b style="color:${colourOf(name)}">${name}</b>: start-up ${number(s.startup_s, 2)} s, ${s.stalls.length} ${s.stalls.length === 1 ? "stall" : "stalls"}, ${number(stalled, 1)} s stalled`;
  }).join(" &nbsp;·&nbsp; ");
}
function sessionTraces(shown, session, name, place) {
  const colour = colourOf(name), dash = place ? "dash" : "solid";
  const hover = session.why.map((why, k) => [
    `<b>${name}</b>, chunk ${k}: ${shown.rungs[session.rung[k]]}`,
    words(why, 62),
    `<i>${session.code[k]}</i>, ${number(session.buffer[k], 1)} s buffered` +
      (session.kbps[k] === null ? "" : `, ${number(session.kbps[k] / 1e3, 2)} Mbit/s estimated`) +
      (session.band[k] === null ? "" : `, 8 in 10 from ${number(session.band[k][0] / 1e3, 2)} to ${number(session.band[k][1] / 1e3, 2)}`),
    ...(k in session.given_up ? [`after ${shown.rungs[session.given_up[k]]} was given up`] : []),
  ].join("<br>"));
  const line = { color: colour, width: 2, dash };
  const end = (at) => session.band.map((it) => (it === null ? null : it[at] / 1e3));
  const edge = { x: session.asked, yaxis: "y3", mode: "lines", connectgaps: false, hoverinfo: "skip", showlegend: false, legendgroup: name, line: { width: 0, shape: "hv", color: colour } };
  // What a rule with a forecast expected of each transfer, as a band behind its estimate.
  const band = session.band.some((it) => it !== null) ? [{ ...edge, y: end(0) }, { ...edge, y: end(1), fill: "tonexty", fillcolor: faded(colourHex(name), 0.2) }] : [];
  const levels = buffer(session, shown.chunk_s);
  return [
    ...band,
    { x: [...session.asked, session.ended_s], y: [...session.rung, session.rung[session.rung.length - 1]].map((it) => it - 0.16 * place), name, yaxis: "y",
      mode: "lines+markers", line: { ...line, shape: "hv" }, marker: { color: colour, size: 6, symbol: place ? "square-open" : "circle" },
      hoverinfo: "text", hovertext: [...hover, `${name}: the end`], legendgroup: name },
    { x: levels.x, y: levels.y, yaxis: "y2", mode: "lines", line: { ...line, width: 1.5 }, showlegend: false, legendgroup: name,
      hovertemplate: "%{y:.1f} s buffered at %{x:.1f} s<extra></extra>" },
    { x: session.asked, y: session.kbps.map((it) => (it === null ? null : it / 1e3)), yaxis: "y3", mode: "lines", connectgaps: false,
      line: { ...line, shape: "hv", width: 1.5 }, showlegend: false, legendgroup: name,
      hovertemplate: "%{y:.2f} Mbit/s estimated at %{x:.0f} s<extra></extra>" },
  ];
}
function buffer(session, chunkS) {
  // Falls while it plays, and rises by a chunk when one has come.
  const x = [], y = [];
  session.asked.forEach((asked, k) => {
    const came = session.came[k], before = session.buffer[k];
    const playing = asked >= session.startup_s;
    const left = playing ? Math.max(0, before - (came - asked)) : before;
    if (playing && before < came - asked) { x.push(asked, asked + before, came, came); y.push(before, 0, 0, chunkS); }
    else { x.push(asked, came, came); y.push(before, left, left + chunkS); }
  });
  x.push(session.ended_s); y.push(0);
  return { x, y };
}

// ---- estimates

function drawEstimates() {
  const wanted = D.families.indexOf(family());
  const traces = [];
  let low = Infinity, high = 0;
  const names = D.controllers.filter((name) => D.estimates[name].some((it) => family() === ALL || it[0] === wanted));
  for (const name of names) {
    const points = D.estimates[name].filter((it) => (family() === ALL || it[0] === wanted) && it[1] > 0 && it[2] > 0)
      .map(([, truth, estimate]) => [truth / 1e3, estimate / 1e3]);
    const truths = points.map((p) => p[0]).sort((a, b) => a - b);
    low = Math.min(low, truths[Math.floor(0.01 * truths.length)] || low);
    high = Math.max(high, truths[Math.floor(0.99 * truths.length)] || high);
    const few = points.filter((_, i) => i % Math.max(1, Math.ceil(points.length / 250)) === 0);
    traces.push({ x: few.map((p) => p[0]), y: few.map((p) => p[1]), mode: "markers", legendgroup: name, showlegend: false,
      hoverinfo: "skip", marker: { color: faded(colourHex(name), 0.22), size: 4 }, visible: names.indexOf(name) < 3 ? true : "legendonly" });
    traces.push(medians(points, name, names.indexOf(name)));
  }
  const range = [Math.log10(low || 0.1) - 0.1, Math.log10(high || 10) + 0.1];
  const ends = range.map((it) => 10 ** it);
  traces.push({ x: ends, y: ends, mode: "lines", name: "estimate = truth", hoverinfo: "skip", line: { color: css("--soft"), dash: "dot", width: 1.5 } });
  draw("estimatesplot", traces, {
    xaxis: axis("what the chunk got (Mbit/s, request to last byte)", { type: "log", range, dtick: "D2" }),
    yaxis: axis("estimate (Mbit/s)", { type: "log", range: [range[0] - 0.2, range[1] + 0.2], dtick: "D2" }),
  });
}
function medians(points, name, place) {
  const sorted = points.sort((a, b) => a[0] - b[0]);
  const bins = Math.max(1, Math.min(8, Math.floor(sorted.length / 12)));
  const x = [], y = [], above = [], below = [], text = [];
  for (let i = 0; i < bins; i += 1) {
    const bin = sorted.slice((i * sorted.length) / bins, ((i + 1) * sorted.length) / bins);
    const at = (list, share) => list[Math.min(list.length - 1, Math.floor(share * list.length))];
    const estimates = bin.map((p) => p[1]).sort((a, b) => a - b);
    const [truth, middle] = [at(bin.map((p) => p[0]), 0.5), at(estimates, 0.5)];
    x.push(truth); y.push(middle); above.push(at(estimates, 0.9) - middle); below.push(middle - at(estimates, 0.1));
    text.push(`<b>${name}</b><br>${number(truth, 2)} Mbit/s came<br>${number(middle, 2)} estimated (${number(at(estimates, 0.1), 2)} to ${number(at(estimates, 0.9), 2)})<br>${bin.length} decisions`);
  }
  const colour = colourOf(name);
  return { x, y, name, legendgroup: name, mode: "lines+markers", hoverinfo: "text", hovertext: text,
    line: { color: colour, dash: dashOf(name), width: 1.5 }, marker: { color: colour, symbol: symbolOf(name), size: 8 },
    error_y: { type: "data", symmetric: false, array: above, arrayminus: below, color: faded(colourHex(name), 0.6), thickness: 1.2, width: 4 },
    visible: place < 3 ? true : "legendonly" };
}

// ---- the page

const family = () => (byId("family").value === "" ? ALL : D.families[Number(byId("family").value)]);
function options(select, names, chosen) {
  select.innerHTML = names.map((name, i) => `<option value="${i}"${i === chosen ? " selected" : ""}>${name}</option>`).join("");
}
function drawFamily() {
  const row = D.rows.find((it) => it.family === family());
  byId("counted").textContent = `${row.sessions} sessions a controller`;
  drawTable(); drawDistribution(); drawPareto(); drawEstimates();
}
function begin() {
  const f = D.facts;
  byId("facts").innerHTML = `${f.traces} traces of ${D.families.length} network families, ${f.films}, buffer ${f.buffer_s} s, version ${f.version}`;
  byId("family").innerHTML = `<option value="">all ${D.families.length}</option>` + D.families.map((it, i) => `<option value="${i}">${it}</option>`).join("");
  byId("sayshare").innerHTML = D.scores.by[OPTIMUM]
    ? "“Of optimum” is the mean score over the mean score of the best in hindsight; no session exceeds the upper bound." : "";
  byId("saypicked").innerHTML = D.timelines.length < D.cells
    ? `Shown are ${D.timelines.length} of ${D.cells} sessions a controller, picked evenly by the score of ${D.reference}.` : "";
  byId("foot").innerHTML = "Drawn with plotly.js (MIT). Every number is in summary.json, sessions.csv and chunks.csv beside this file.";
  options(byId("trace"), D.timelines.map((it) => `${it.family} · ${it.trace}${f.film_count > 1 ? ` · ${it.film}` : ""}`), 0);
  options(byId("first"), NAMES, NAMES.indexOf(D.reference));
  const best = D.rows.find((row) => row.family === ALL && D.controllers.includes(row.controller) && row.controller !== D.reference);
  byId("second").innerHTML = '<option value="">nobody</option>';
  NAMES.forEach((name, i) => byId("second").insertAdjacentHTML("beforeend", `<option value="${i}"${best && name === best.controller ? " selected" : ""}>${name}</option>`));
  byId("family").addEventListener("change", drawFamily);
  for (const id of ["trace", "first", "second"]) byId(id).addEventListener("change", drawTimeline);
  const redraw = () => { drawFamily(); drawTimeline(); };
  dark.addEventListener("change", redraw);
  redraw();
}
begin();
