/* Draws the charts of reports with the Chart.js that unfold brings. Values are drawn as they are:
   bars and straight lines, axes from zero, no smoothing. Colours follow light and dark mode. */
(() => {
  "use strict";

  // Told apart by people with any colour vision, on white and on near-black.
  const LIGHT = ["#2563eb", "#d97706", "#0d9488", "#9333ea", "#64748b", "#be185d", "#4d7c0f", "#0369a1"];
  const DARK = ["#60a5fa", "#fbbf24", "#2dd4bf", "#c084fc", "#94a3b8", "#f472b6", "#a3e635", "#38bdf8"];
  const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
  const exact = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 2 });
  const short = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });
  const drawn = [];

  const isDark = () => document.documentElement.classList.contains("dark");

  const words = (spec, value) => {
    if (value === null) return "none";
    if (spec.unit === "orders") return whole.format(value);
    return `${exact.format(value)} ${spec.unit}`;
  };

  const options = (spec) => {
    const dark = isDark();
    const ink = dark ? "#a1a1aa" : "#52525b";
    const line = dark ? "rgba(255,255,255,.08)" : "rgba(0,0,0,.08)";
    return {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      interaction: { mode: "index", intersect: false },
      plugins: {
        legend: {
          display: spec.sets.length > 1,
          position: "bottom",
          align: "start",
          labels: { color: ink, boxWidth: 10, boxHeight: 10, padding: 14 },
        },
        tooltip: {
          callbacks: {
            label: (item) => `${item.dataset.label}: ${words(spec, item.raw)}`,
            footer: (items) =>
              spec.stacked && items.length > 1
                ? `Together: ${words(spec, items.reduce((sum, item) => sum + item.raw, 0))}`
                : "",
          },
        },
      },
      scales: {
        x: {
          stacked: Boolean(spec.stacked),
          grid: { display: false },
          border: { color: line },
          ticks: { color: ink, maxRotation: 0, autoSkip: true, autoSkipPadding: 16 },
        },
        y: {
          stacked: Boolean(spec.stacked),
          beginAtZero: true,
          suggestedMax: spec.max,
          max: spec.max,
          grid: { color: line },
          border: { display: false },
          ticks: {
            color: ink,
            maxTicksLimit: 6,
            precision: 0,
            callback: (value) => (spec.unit === "%" ? `${value} %` : short.format(value)),
          },
        },
      },
    };
  };

  const sets = (spec) => {
    const palette = isDark() ? DARK : LIGHT;
    if (spec.type === "line") {
      return spec.sets.map((set, index) => ({
        ...set,
        borderColor: palette[index % palette.length],
        backgroundColor: palette[index % palette.length],
        borderWidth: 2,
        pointRadius: 0,
        pointHitRadius: 8,
        stepped: "before",
      }));
    }
    return spec.sets.map((set, index) => ({
      ...set,
      backgroundColor: palette[index % palette.length],
      borderWidth: 0,
      maxBarThickness: 36,
      categoryPercentage: 0.85,
      barPercentage: 0.95,
    }));
  };

  // A vertical line at the point that the page is about.
  const marker = (spec) => ({
    id: "mark",
    afterDatasetsDraw(chart) {
      const x = chart.scales.x.getPixelForValue(spec.mark);
      const { ctx, chartArea } = chart;
      ctx.save();
      ctx.strokeStyle = isDark() ? "#e4e4e7" : "#3f3f46";
      ctx.setLineDash([4, 4]);
      ctx.beginPath();
      ctx.moveTo(x, chartArea.top);
      ctx.lineTo(x, chartArea.bottom);
      ctx.stroke();
      ctx.restore();
    },
  });

  const draw = () => {
    const source = document.getElementById("oms-charts");
    if (!source || typeof Chart === "undefined") return;
    const specs = JSON.parse(source.textContent);
    Chart.defaults.font.family = "Inter, sans-serif";
    for (const canvas of document.querySelectorAll("canvas[data-oms-chart]")) {
      const spec = specs[canvas.dataset.omsChart];
      const chart = new Chart(canvas, {
        type: spec.type || "bar",
        plugins: spec.mark === undefined ? [] : [marker(spec)],
        data: { labels: spec.labels, datasets: sets(spec) },
        options: options(spec),
      });
      drawn.push([chart, spec]);
    }
  };

  const recolour = () => {
    for (const [chart, spec] of drawn) {
      chart.data.datasets = sets(spec);
      chart.options = options(spec);
      chart.update("none");
    }
  };

  window.addEventListener("load", () => {
    draw();
    let dark = isDark();
    new MutationObserver(() => {
      if (isDark() !== dark) {
        dark = isDark();
        recolour();
      }
    }).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
  });
})();
