// Draws a Plotly figure that Python describes, and keeps the reader's zoom while data flow in:
// Plotly.react changes the plot in place, and the figure's `uirevision` stays the same.

const CONFIG = { responsive: true, displaylogo: false, displayModeBar: false, scrollZoom: false };

function library(address) {
  globalThis.maraPlotly ??= new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.src = address;
    tag.onload = () => resolve(globalThis.Plotly);
    tag.onerror = () => reject(new Error(`cannot load ${address}`));
    document.head.append(tag);
  });
  return globalThis.maraPlotly;
}

function faint(color, alpha) {
  if (alpha === undefined || !/^#[0-9a-f]{6}$/i.test(color)) return color;
  const parts = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  return `rgba(${parts.join(",")},${alpha})`;
}

function themed(text, css) {
  const value = (name) => css.getPropertyValue(name).trim();
  const resolved = text.replaceAll(
    /var\((--st-[\w-]+)(?:, ?([\d.]+))?\)/g,
    (_, name, alpha) => faint(value(name), alpha),
  );
  const { data, layout } = JSON.parse(resolved);
  const axis = {
    gridcolor: value("--st-border-color"),
    zerolinecolor: value("--st-border-color"),
    linecolor: value("--st-border-color"),
    tickfont: { color: value("--st-gray-color") },
  };
  for (const name of Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))) {
    layout[name] = { ...axis, ...layout[name] };
  }
  const font = { family: value("--st-font"), color: value("--st-text-color"), size: 12 };
  const hover = { bgcolor: value("--st-background-color"), bordercolor: value("--st-border-color") };
  return {
    data,
    layout: {
      colorway: value("--st-chart-categorical-colors").split(","),
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      ...layout,
      font: { ...font, ...layout.font },
      hoverlabel: { ...hover, font, ...layout.hoverlabel },
    },
  };
}

async function figure(box, address) {
  if (box.maraAddress === address) return box.maraFigure;
  const answer = await fetch(address);
  if (!answer.ok) return box.maraFigure; // replaced meanwhile: the next refresh brings a newer one
  box.maraAddress = address;
  box.maraFigure = await answer.text();
  return box.maraFigure;
}

async function draw(box, data) {
  const at = (path) => new URL(path, document.baseURI).href;
  const [plotly, text] = await Promise.all([library(at(data.plotly)), figure(box, at(data.figure))]);
  const css = getComputedStyle(box);
  const shown = `${data.figure} ${css.getPropertyValue("--st-background-color")}`;
  if (text === undefined || box.maraShown === shown || box.maraWanted !== data) return;
  box.maraShown = shown;
  const { data: traces, layout } = themed(text, css);
  await plotly.react(box, traces, layout, CONFIG);
}

export default function ({ data, parentElement }) {
  if (!data.figure) {
    library(new URL(data.plotly, document.baseURI).href).catch(() => undefined); // the first chart says so
    return undefined;
  }
  const box = parentElement.querySelector(".mara-chart");
  box.setAttribute("aria-label", data.alt);
  box.maraWanted = data;
  draw(box, data).catch((error) => {
    box.textContent = `The chart cannot be drawn: ${error.message}`;
  });
  return () => globalThis.Plotly?.purge(box);
}
