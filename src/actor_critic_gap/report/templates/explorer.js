"use strict";
const content = JSON.parse(document.getElementById("content").textContent);
const element = id => document.getElementById(id);
const format = value => value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential(1) : value.toLocaleString("en", {maximumSignificantDigits: 4});
const shown = value => ({True: "yes", False: "no"})[value] ?? value ?? "any";
const state = {figure: null, made: [], panel: [], measure: null, claim: 0};
const views = {};

function make(tag, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
}

function radios(name, title, values, chosen, defaultValue, change) {
  const group = make("fieldset", {}, make("legend", {textContent: title}));
  for (const value of values) {
    const input = make("input", {type: "radio", name, value: value ?? "", checked: value === chosen});
    input.addEventListener("change", () => { change(value); show(); });
    const label = make("label", {className: value !== null && value === defaultValue ? "default" : ""}, input, ` ${shown(value)}`);
    group.append(label);
  }
  return group;
}

function choose(name) {
  state.figure = content.figures.find(figure => figure.name === name) ?? content.figures[0];
  state.made = state.figure.choices.map(choice => choice.default);
  state.panel = (state.figure.runs?.panels ?? []).map(panel => panel.values[0]);
  state.measure = state.figure.runs?.measures[0] ?? null;
  state.claim = 0;
  for (const tab of document.querySelectorAll(".tabs button")) {
    tab.setAttribute("aria-selected", String(tab.dataset.figure === state.figure.name));
  }
  element("verdicts").hidden = !state.figure.verdicts;
  element("runs").hidden = !state.figure.runs;
  element("not-kept").hidden = Boolean(state.figure.runs);
  show();
}

const matches = made => made.every((value, i) => state.made[i] === null || value === null || value === state.made[i]);
const inWords = made => made.map((value, i) => `${state.figure.choices[i].words}: ${shown(value)}`).join("; ");

function showChoices() {
  element("choices").replaceChildren(...state.figure.choices.map((choice, i) =>
    radios(choice.key, choice.words, [null, ...choice.values], state.made[i], choice.default, value => { state.made[i] = value; })));
}

function showVerdicts() {
  const {claims, rows} = state.figure.verdicts;
  const there = rows.filter(row => matches(row.made));
  const combinations = new Set(there.map(row => row.made.join())).size;
  const all = new Set(rows.map(row => row.made.join())).size;
  element("matching").textContent = `${combinations} of ${all} combinations`;
  element("verdicts").querySelector("tbody").replaceChildren(...claims.map((claim, i) => {
    const own = there.filter(row => row.claim === i);
    const button = make("button", {type: "button", textContent: claim.id, title: "show effect sizes"});
    button.addEventListener("click", () => { state.claim = i; show(); });
    return make("tr", {className: i === state.claim ? "chosen" : ""},
      make("td", {}, button, " ", make("span", {innerHTML: claim.statement})), make("td", {}, verdict(own)),
      make("td", {className: "n", textContent: estimates(own)}), make("td", {className: "rule", textContent: claim.rule}));
  }));
  const claim = claims[state.claim];
  element("claim").textContent = `${claim.id} (${claim.statistic})`;
  const points = rows.filter(row => row.claim === state.claim && row.estimate !== null).sort((a, b) => a.estimate - b.estimate)
    .map((row, order) => ({...row, order, chosen: matches(row.made), choices: inWords(row.made)}));
  const ends = points.flatMap(row => [row.estimate, row.ci_low, row.ci_high]).concat([claim.low, claim.high]).filter(value => value !== null);
  const least = Math.min(...ends), most = Math.max(...ends), margin = 0.05 * (most - least || 1);
  draw("effects", {rows: points, region: [{low: claim.low ?? least - margin, high: claim.high ?? most + margin}]});
}

function verdict(rows) {
  const counts = Object.keys(content.colours).map(name => [name, rows.filter(row => row.verdict === name).length]);
  const present = counts.filter(([, n]) => n > 0);
  if (!rows.length) return "no runs";
  const badge = ([name, n]) => make("span", {className: `badge ${name.replace(" ", "-")}`, textContent: rows.length > 1 ? `${name} ${n}` : name});
  if (present.length === 1) return badge(present[0]);
  const bar = make("div", {className: "bar"});
  for (const [name, n] of present) {
    const part = make("div", {title: `${name} ${n}`});
    part.style.cssText = `flex: ${n}; background: ${content.colours[name]}`;
    bar.append(part);
  }
  return make("div", {}, present.map(([name, n]) => `${name} ${n}`).join(", "), bar);
}

function estimates(rows) {
  const known = rows.filter(row => row.estimate !== null);
  if (!known.length) return "–";
  if (known.length === 1) {
    const [{estimate, ci_low, ci_high}] = known;
    return format(estimate) + (ci_low !== null && ci_low < ci_high ? ` [${format(ci_low)}, ${format(ci_high)}]` : "");
  }
  const values = known.map(row => row.estimate);
  return [...new Set([Math.min(...values), Math.max(...values)])].map(format).join(" to ");
}

function showRuns() {
  const {panels, measures, lines} = state.figure.runs;
  const controls = panels.map((panel, i) =>
    radios(panel.key, panel.key, panel.values, state.panel[i], null, value => { state.panel[i] = value; }));
  if (measures.length > 1) {
    const measure = make("select", {id: "measure"}, ...measures.map(name => make("option", {value: name, textContent: name.replaceAll("_", " "), selected: name === state.measure})));
    measure.addEventListener("change", () => { state.measure = measure.value; show(); });
    controls.push(make("label", {}, "measure ", measure));
  }
  element("runs-choices").replaceChildren(...controls);
  const panel = lines.filter(line => line.panel.every((value, i) => value === state.panel[i]));
  const there = panel.filter(line => matches(line.made));
  if (!state.figure.verdicts) element("matching").textContent = `${there.length} of ${panel.length} groups of runs`;
  const bands = there.length <= 6;
  const curves = there.flatMap(({name, colour, measures: {[state.measure]: of}}) =>
    of.x.map((x, i) => ({name, colour, x, mean: of.mean[i], low: bands ? of.low[i] : of.mean[i], high: bands ? of.high[i] : of.mean[i]})));
  const summaries = there.map(({name, colour, measures: {[state.measure]: of}}) => {
    const [mean, low, high] = of[element("summary").value];
    return {name, colour, mean, low, high};
  });
  draw("curves", {curves});
  draw("summaries", {summaries});
}

async function draw(name, data) {
  views[name] ??= vegaEmbed(`#${name}`, {...content.charts[name], datasets: data}, {actions: false, renderer: "svg"}).then(({view}) => {
    view.addEventListener("click", (event, item) => {
      if (item?.datum?.made) { state.made = [...item.datum.made]; show(); }
    });
    return view;
  });
  const view = await views[name];
  for (const [key, values] of Object.entries(data)) view.data(key, values);
  if (name === "summaries") view.height(24 * data.summaries.length);
  await view.resize().runAsync();
  element(name).dataset.rows = Object.values(data)[0].length;
}

function show() {
  showChoices();
  if (state.figure.verdicts) showVerdicts();
  if (state.figure.runs) showRuns();
}

for (const tab of document.querySelectorAll(".tabs button")) {
  tab.addEventListener("click", () => { location.hash = tab.dataset.figure; });
}
element("defaults").addEventListener("click", () => { state.made = state.figure.choices.map(choice => choice.default); show(); });
element("any").addEventListener("click", () => { state.made = state.figure.choices.map(() => null); show(); });
element("summary").addEventListener("change", show);
addEventListener("hashchange", () => choose(location.hash.slice(1)));
choose(location.hash.slice(1) || (content.figures.find(figure => figure.verdicts) ?? content.figures[0]).name);
