// Shows a reply while it is written: each checked sentence arrives as an event of the server's, as
// HTML that was cleaned there. A click on a figure opens the list of facts at its fact.

function show(box, html) {
  if (box.maraHtml === html) return;
  box.maraHtml = html;
  const open = box.querySelector("details")?.open ?? false;
  box.innerHTML = html;
  const facts = box.querySelector("details");
  if (facts !== null) facts.open = open;
}

function leave(box) {
  box.maraSource?.close();
  box.maraSource = undefined;
  box.maraStream = undefined;
}

function follow(box, address, ended) {
  if (box.maraStream === address) return;
  leave(box);
  box.maraStream = address;
  const source = new EventSource(new URL(address, document.baseURI).href);
  box.maraSource = source;
  source.onmessage = (event) => {
    const said = JSON.parse(event.data);
    show(box, said.html);
    box.setAttribute("aria-busy", said.ended ? "false" : "true");
    if (said.ended) {
      leave(box);
      ended();
    }
  };
  source.onerror = () => {
    leave(box);
    ended();
  };
}

function jump(box, event) {
  const link = event.target.closest?.("a.mara-fact");
  if (link === null || link === undefined) return;
  event.preventDefault();
  const row = box.querySelector(`[id="${link.getAttribute("href").slice(1)}"]`);
  const facts = box.querySelector("details");
  if (row === null || facts === null) return;
  facts.open = true;
  row.scrollIntoView({ block: "nearest", behavior: "smooth" });
  for (const other of box.querySelectorAll("tr.mara-chosen")) other.classList.remove("mara-chosen");
  row.classList.add("mara-chosen");
}

export default function ({ data, parentElement, setTriggerValue }) {
  const box = parentElement.querySelector(".mara-reply");
  box.onclick = (event) => jump(box, event);
  if (data.running) {
    if (box.maraStream !== data.stream) show(box, data.html);
    box.setAttribute("aria-busy", "true");
    follow(box, data.stream, () => setTriggerValue("ended", data.stream));
  } else {
    leave(box);
    show(box, data.html);
    box.setAttribute("aria-busy", "false");
  }
  return () => leave(box);
}
