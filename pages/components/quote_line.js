// Keeps the quiet line under the composer true while a prompt is being written: the browser alone knows the draft.
// When a run begins, it brings the end of the page into view, from where Streamlit keeps it there.
const PAGE = "#stMain"
const FIELD = '[data-testid="stChatInputTextArea"]'
const encoder = new TextEncoder()
const count = (number) => number.toLocaleString("en-US")

function money(usd) {
  if (usd === 0) return "free"
  if (usd >= 0.00995) return `at most $${usd.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`
  return `at most $${Number(usd.toPrecision(3)).toFixed(12).replace(/0+$/, "")}`
}

function room(budget, usd) {
  if (!budget) return ""
  const over = budget.hard && usd > budget.left_usd
  return ` · ${over ? "more than the " : ""}${budget.left} ${budget.where}`
}

function line(quote, draft) {
  const written = Math.ceil(encoder.encode(draft).length / quote.bytes_per_token)
  const input = quote.input_tokens + written
  const usd = quote.worst_case_usd + (written * quote.input_usd_per_million) / 1e6
  const output = `p to ${count(quote.output_tokens)} out`
  const tokens = written || quote.has_history ? `≈ ${count(input)} tokens in · u${output}` : `U${output}`
  return `${tokens} · ${money(usd)}${room(quote.budget, usd)}${quote.rest}`
}

function draw(place) {
  const field = document.querySelector(FIELD)
  const text = line(place.quote, field ? field.value : "")
  if (place.textContent !== text) place.textContent = text
  const runs = Boolean(field && field.disabled)
  if (runs && !place.runs) showEnd()
  place.runs = runs
}

function showEnd() {
  const page = document.querySelector(PAGE)
  if (page) page.scrollTop = page.scrollHeight
}

export default function ({ data, parentElement }) {
  const place = parentElement.querySelector("#quote")
  place.quote = data
  draw(place)
  const redraw = () => draw(place)
  const timer = setInterval(redraw, 250) // a template that is put in gives no event
  document.addEventListener("input", redraw)
  return () => {
    clearInterval(timer)
    document.removeEventListener("input", redraw)
  }
}
