"use strict";
(() => {
  const make = (name, values = {}, text = "") => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(values)) node.setAttribute(key, value);
    if (text) node.textContent = text;
    return node;
  };
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  /* Tables: sort by a heading, filter by text, the first rows first. */
  const FEW = 15;
  for (const table of $$("table.sortable")) {
    const body = table.tBodies[0], rows = [...body.rows];
    let open = false, words = [];
    const count = make("span", {class: "note", role: "status"});
    const all = make("button", {type: "button"});
    const show = () => {
      const fitting = [...body.rows].filter((row) => {
        const said = row.textContent.toLowerCase();
        const fits = words.every((word) => said.includes(word));
        row.hidden = !fits;
        return fits;
      });
      if (!open) fitting.slice(FEW).forEach((row) => { row.hidden = true; });
      count.textContent = words.length ? `${fitting.length} of ${rows.length} rows fit` : "";
      all.hidden = fitting.length <= FEW;
      all.textContent = open ? `Show the first ${FEW}` : `Show all ${fitting.length} rows`;
      all.setAttribute("aria-expanded", open);
    };
    all.addEventListener("click", () => { open = !open; show(); });
    if (rows.length > FEW) {
      const controls = make("div", {class: "controls"}), name = table.getAttribute("aria-label");
      const box = make("input", {type: "search", placeholder: "Filter rows", "aria-label": `Filter: ${name}`});
      box.addEventListener("input", () => {
        words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
        show();
      });
      controls.append(box, count);
      table.closest(".scroll").before(controls);
    }
    table.closest(".scroll").after(all);
    const value = (row, at) => {
      const cell = row.cells[at];
      return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
    };
    $$("thead th", table).forEach((head, at) => {
      const button = make("button", {type: "button"}, head.textContent);
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        const first = typeof value(rows[0], at) === "number" ? "descending" : "ascending";
        const order = before ? (before === "ascending" ? "descending" : "ascending") : first;
        $$("thead th", table).forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        const compare = (a, b) => typeof a === "number" && typeof b === "number"
          ? a - b : String(a).localeCompare(String(b), "en", {numeric: true});
        body.append(...[...body.rows].sort((a, b) => sign * compare(value(a, at), value(b, at))));
        show();
      });
    });
    show();
  }

  /* The timeline: the value under the pointer. */
  for (const figure of $$(".timeline")) {
    const start = Number(figure.dataset.start), step = Number(figure.dataset.step);
    const zones = figure.dataset.zones.split(",").map((zone) => zone.split(" "));
    const areas = $$(".area", figure).map((area) => {
      const svg = area.querySelector("svg");
      return {svg, at: area.querySelector(".at"), unit: svg.dataset.unit, values: svg.dataset.values.split(",").map(Number)};
    });
    const short = (value) => {
      for (const [size, unit] of [[1e9, " G"], [1e6, " M"], [1e3, " k"]]) if (value >= size) return (value / size).toPrecision(3) + unit;
      return String(Math.round(value * 10) / 10) + " ";
    };
    const tell = (event) => areas.forEach(({svg, at, unit, values}) => {
      const box = svg.getBoundingClientRect();
      const place = Math.floor((event.clientX - box.left) / box.width * values.length);
      if (place < 0 || place >= values.length) return;
      const [, offset, zone] = zones.filter(([from]) => Number(from) <= place).at(-1) || [0, 0, "UTC"];
      const when = new Date((start + place * step + Number(offset)) * 1000).toISOString().slice(11, 19);
      at.textContent = `${when} ${zone}  ${short(values[place])}${unit}`;
    });
    areas.forEach(({svg}) => {
      svg.addEventListener("pointermove", tell);
      svg.addEventListener("pointerleave", () => areas.forEach(({at}) => { at.textContent = ""; }));
    });
  }

  /* The cubes: turned by dragging, by keys, by buttons. */
  const WIDTH = 520, HEIGHT = 470, SCALE = 270, YAW = 32, PITCH = 20, MARGIN = 80, RAD = Math.PI / 180;
  const cubes = $$(".cube").map((figure) => {
    const svg = figure.querySelector("svg"), told = figure.querySelector(".told"), group = svg.querySelector(".points");
    const read = (text) => text.split(";").map((part) => part.split(",").map(Number));
    const lines = $$(".frame path", svg).map((node) => ({node, ends: read(node.dataset.p)}));
    const names = $$(".frame text", svg).map((node) => ({node, at: read(node.dataset.p)[0], below: Number(node.dataset.dy || 0)}));
    const points = $$(".pt", svg).map((node) => {
      const title = node.querySelector("title"), said = title.textContent;
      title.remove();
      node.setAttribute("role", "img");
      node.setAttribute("aria-label", said);
      return {node, at: read(node.dataset.p)[0], size: node.dataset.r, window: node.dataset.w, said};
    });
    let yaw = YAW, pitch = PITCH, waiting = false, chosen = -1;
    const project = ([x, y, z]) => {
      const [cy, sy, cp, sp] = [Math.cos(yaw * RAD), Math.sin(yaw * RAD), Math.cos(pitch * RAD), Math.sin(pitch * RAD)];
      const [a, b, c] = [x - 0.5, y - 0.5, z - 0.5];
      const tx = a * cy - b * sy, ty = a * sy + b * cy;
      return [WIDTH / 2 + SCALE * tx, HEIGHT / 2 - SCALE * (c * cp + ty * sp), ty * cp - c * sp];
    };
    const draw = () => {
      waiting = false;
      for (const {node, ends} of lines) {
        const [a, b] = ends.map(project);
        node.setAttribute("d", `M${a[0].toFixed(1)} ${a[1].toFixed(1)}L${b[0].toFixed(1)} ${b[1].toFixed(1)}`);
      }
      for (const {node, at, below} of names) {
        const [x, y] = project(at);
        node.setAttribute("x", Math.max(MARGIN, Math.min(WIDTH - MARGIN, x)).toFixed(1));
        node.setAttribute("y", (y + below).toFixed(1));
      }
      for (const point of points) {
        const [x, y, depth] = project(point.at);
        point.depth = depth;
        point.node.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${point.size})`);
      }
      group.append(...[...points].sort((a, b) => b.depth - a.depth).map((point) => point.node));
    };
    const turn = (right, up) => {
      yaw += right;
      pitch = Math.max(-90, Math.min(90, pitch + up));
      if (!waiting) { waiting = true; requestAnimationFrame(draw); }
    };
    const back = () => { yaw = YAW; pitch = PITCH; turn(0, 0); };
    const choose = (at) => {
      if (points[chosen]) points[chosen].node.classList.remove("on");
      chosen = at;
      if (!points[chosen]) return;
      points[chosen].node.classList.add("on");
      told.textContent = points[chosen].said;
    };
    const next = (by) => {
      const seen = points.map((_, at) => at).filter((at) => !points[at].node.classList.contains("off"));
      if (!seen.length) return;
      const now = seen.indexOf(chosen);
      choose(seen[now < 0 ? (by > 0 ? 0 : seen.length - 1) : (now + by + seen.length) % seen.length]);
    };
    /* In the order of their flows, the largest first. */
    points.sort((a, b) => b.size - a.size);
    const of = (event) => points.findIndex(({node}) => node === event.target.closest(".pt"));
    svg.addEventListener("pointerover", (event) => { const at = of(event); if (at >= 0) choose(at); });
    svg.addEventListener("click", (event) => { const at = of(event); if (at >= 0) choose(at); });
    let from = null;
    svg.addEventListener("pointerdown", (event) => { from = [event.clientX, event.clientY]; });
    window.addEventListener("pointermove", (event) => {
      if (!from) return;
      turn((from[0] - event.clientX) * -0.5, (event.clientY - from[1]) * 0.5);
      from = [event.clientX, event.clientY];
      if (event.pointerType === "mouse") event.preventDefault();
    });
    for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, () => { from = null; });
    const keys = {
      ArrowLeft: () => turn(-6, 0), ArrowRight: () => turn(6, 0), ArrowUp: () => turn(0, -6), ArrowDown: () => turn(0, 6),
      Home: back, n: () => next(1), p: () => next(-1),
    };
    svg.setAttribute("tabindex", "0");
    svg.setAttribute("role", "application");
    svg.addEventListener("keydown", (event) => {
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      if (!keys[key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      keys[key]();
    });
    const buttons = make("div", {class: "turn", role: "group", "aria-label": "Turn the cube"});
    for (const [sign, name, act] of [["←", "Turn left", keys.ArrowLeft], ["→", "Turn right", keys.ArrowRight],
      ["↑", "Look from below", keys.ArrowUp], ["↓", "Look from above", keys.ArrowDown], ["Reset", "Turn back", back],
      ["Next", "Next point", keys.n]]) {
      const button = make("button", {type: "button", "aria-label": name, title: name}, sign);
      button.addEventListener("click", act);
      buttons.append(button);
    }
    svg.after(buttons);
    return (window) => { for (const {node, window: at} of points) node.classList.toggle("off", window !== "" && at !== window); };
  });

  /* One window of the cubes, or all. */
  const heads = document.querySelector("#cube[data-windows]");
  if (heads) {
    const label = make("label", {}, "Window "), choice = make("select");
    choice.append(make("option", {value: ""}, "all"));
    heads.dataset.windows.split(",").forEach((name, at) => choice.append(make("option", {value: at}, name)));
    choice.addEventListener("change", () => cubes.forEach((only) => only(choice.value)));
    label.append(choice);
    const controls = make("div", {class: "controls"});
    controls.append(label);
    heads.querySelector(".cubes").before(controls);
  }
})();
