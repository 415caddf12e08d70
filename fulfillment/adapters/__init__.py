"""Foreign formats of fulfilment: paper, carriers."""
