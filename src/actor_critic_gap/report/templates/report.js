"use strict";
// The table of verdicts: cases fold under their claim; claims are sorted and chosen by verdict and figure.
document.documentElement.classList.add("js");
const table = document.querySelector("table.claims");
const claims = [...table.tBodies];
const choice = name => document.getElementById(name);

function fold(claim, folded) {
  const button = claim.querySelector("button.fold");
  if (!button) return;
  claim.classList.toggle("folded", folded);
  button.setAttribute("aria-expanded", String(!folded));
}

function show() {
  const verdict = choice("verdict").value, figure = choice("figure").value, order = choice("order").value;
  for (const claim of claims) {
    const there = (!verdict || claim.dataset.verdict === verdict) && (!figure || claim.dataset.figure === figure);
    claim.hidden = !there;
  }
  const verdicts = [...choice("verdict").options].map(option => option.value);
  const rank = {
    claim: () => 0,
    verdict: claim => verdicts.indexOf(claim.dataset.verdict),
    seeds: claim => Number(claim.dataset.seeds),
  }[order];
  // sorts of equals keep the order of the paper
  table.append(...[...claims].sort((one, other) => rank(one) - rank(other)));
  const n = claims.filter(claim => !claim.hidden).length;
  choice("shown").textContent = `${n} of ${claims.length} claims`;
}

for (const claim of claims) {
  fold(claim, true);
  claim.querySelector("button.fold")?.addEventListener("click", () => {
    fold(claim, !claim.classList.contains("folded"));
  });
}
for (const name of ["verdict", "figure", "order"]) choice(name).addEventListener("change", show);
choice("unfold").addEventListener("click", event => {
  const folded = event.target.getAttribute("aria-pressed") === "true";
  event.target.setAttribute("aria-pressed", String(!folded));
  event.target.textContent = folded ? "show all cases" : "fold all cases";
  for (const claim of claims) fold(claim, folded);
});
addEventListener("keydown", event => {
  if (event.key === "Escape") document.activeElement.blur();
});
show();

// Where the reader is, in the contents.
const links = [...document.querySelectorAll("nav a")];
const places = links.map(link => document.querySelector(link.getAttribute("href")));
function mark() {
  const above = places.filter(place => place.getBoundingClientRect().top < 120);
  const here = places.indexOf(above.at(-1) ?? places[0]);
  links.forEach((link, i) => link.classList.toggle("here", i === here));
  links[here].parentElement.scrollLeft = links[here].offsetLeft - 16;
}
addEventListener("scroll", mark, {passive: true});
mark();
